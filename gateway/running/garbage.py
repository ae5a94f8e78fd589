"""When Python looks for garbage in cycles; nearly all else is freed as soon as nothing names it."""

import gc

# Objects made and still there before the youngest are looked through; Python's own bound, 700 or
# 2,000 by its version, is reached several times in reading one webhook.
_YOUNG = 10_000
# Nearly all stays that is made while modules are imported, settings read and templates compiled.
_STARTING = 50_000


def collect_late() -> None:
    """Has cycles looked for rarely until `collect_seldom`: a tenth of the time of a start."""
    _look_at(_STARTING)


def collect_seldom() -> None:
    """Has cycles looked for rarely, and never among what there is by now.

    To look through modules, templates and settings for the rest would stop the gateway for a tenth
    of a second, many times in a burst.
    """
    gc.collect()
    gc.freeze()
    _look_at(_YOUNG)


def _look_at(young: int) -> None:
    gc.set_threshold(young, *gc.get_threshold()[1:])
