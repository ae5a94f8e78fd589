"""When memory is given back: large blocks by the C library, cycles by Python's collector."""

import ctypes
import gc
from contextlib import suppress

# mallopt(3). By itself glibc raises this threshold to the largest block that was ever freed, up to
# 32 MB: from the first large body on they would be cut from the heap, where what is freed between
# others is not given back.
_M_MMAP_THRESHOLD = -3
_LARGE = 256 * 1024
# Objects made and still there before the youngest are looked through; Python's own bound, 700 or
# 2,000 by its version, is reached several times in reading one webhook.
_YOUNG = 10_000
# Nearly all stays that is made while modules are imported, settings read and templates compiled.
_STARTING = 50_000


def give_back_large_blocks() -> None:
    """Has each large block mapped by itself, and given back when it is freed (glibc's alone)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def collect_late() -> None:
    """Has cycles looked for rarely until `collect_seldom`: a tenth of the time of a start."""
    _look_at(_STARTING)


def collect_seldom() -> None:
    """Has cycles looked for rarely, and never among what there is by now.

    Nearly everything is freed as soon as nothing names it. To look through modules, templates and
    settings for the rest would stop the gateway for a tenth of a second, many times in a burst.
    """
    gc.collect()
    gc.freeze()
    _look_at(_YOUNG)


def _look_at(young: int) -> None:
    gc.set_threshold(young, *gc.get_threshold()[1:])
