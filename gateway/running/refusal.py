"""Why parts that are sound must not take the place of those in force."""

from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.pipeline.parts import Parts
from gateway.preview.routing_test import failures
from gateway.settings.document import read
from gateway.settings.problem import Loc, Problem
from gateway.settings.reading import Reading

_RESTART = "a change needs a restart; until then write what it was"


def refusals(
    before: Parts,
    after: Parts,
    path: Path,
    environ: Mapping[str, str],
    *,
    refuses: Callable[[Parts], str | None],
) -> list[Problem]:
    """Every reason, with its place in the files; empty where there is none.

    `refuses` is what a gateway would not have started with, either.
    """
    said = [(loc, _RESTART) for loc in _fixed(before, after)]
    if text := refuses(after):
        said.append((("admin",), text))
    return [*_placed(said, path, environ), *failures(after)]


def _fixed(before: Parts, after: Parts) -> list[Loc]:
    """What differs between the two that a running gateway cannot change."""
    fixed: dict[Loc, tuple[object, object]] = {
        ("server", "listen"): (before.server.listen, after.server.listen),
        ("server", "tls"): (before.server.tls, after.server.tls),
        ("server", "max_inflight"): (before.server.max_inflight, after.server.max_inflight),
        ("admin", "listen"): (before.admin.listen, after.admin.listen),
        ("store", "url"): (before.store.url, after.store.url),
        ("store", "password"): (_password(before), _password(after)),
    }
    return [loc for loc, (old, new) in fixed.items() if old != new]


def _password(parts: Parts) -> str | None:
    """As it is now: one in a file is read again at each connection."""
    return parts.store.password.reveal() if parts.store.password else None


def _placed(said: list[tuple[Loc, str]], path: Path, environ: Mapping[str, str]) -> list[Problem]:
    if not said:
        return []
    reading = Reading(folder=path if path.is_dir() else path.parent)
    document = read(path, reading, environ, offline=True)
    return [document.problem(loc, text) for loc, text in said]
