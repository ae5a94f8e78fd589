"""The configuration to start with: the files, or where they are broken the last one accepted."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from gateway import logs
from gateway.errors import CannotStart, SettingsError, Unreadable
from gateway.load import Loaded, load, store_settings
from gateway.preview.routing_test import failures
from gateway.running.reload import Fallback, Origin
from gateway.settings.snapshot import Snapshot
from gateway.store.kept import last_accepted


def starting(path: Path, *, environ: Mapping[str, str], strict: bool) -> tuple[Loaded, Origin]:
    """What to run, and where it comes from.

    Raises SettingsError where neither the files nor the store have a configuration that works, and
    CannotStart for broken files under `strict`.
    """
    snapshot = Snapshot.take(path)
    try:
        loaded = load(path, environ=environ, offline=False)
    except SettingsError as error:
        if strict:
            text = "\n".join(map(str, error.problems))
            raise CannotStart(f"{text}\nthe configuration cannot be used as it is") from None
        return _fallen_back(path, environ, error, snapshot.digest)
    logs.configure(redact=loaded.parts.redaction)
    log = logs.get("gateway")
    for warning in loaded.warnings:
        log.warning("configuration", problem=str(warning))
    for failure in failures(loaded.parts):
        log.warning("routing test failed", failure=str(failure))
    return loaded, Origin(path=path, environ=environ, snapshot=snapshot)


def _fallen_back(
    path: Path, environ: Mapping[str, str], error: SettingsError, digest: str
) -> tuple[Loaded, Origin]:
    """The configuration that was accepted last, with what is wrong with the files."""
    store = store_settings(path, environ)
    kept = last_accepted(store.url, store.secret)
    if kept is None:
        raise error
    try:
        snapshot = Snapshot.unpacked(kept.files)
        with tempfile.TemporaryDirectory(prefix="snyk-gateway-") as folder:
            copy = snapshot.write_to(Path(folder))
            loaded = load(copy, environ=environ, offline=False, origin=path)
    except (SettingsError, Unreadable):
        raise error from None
    logs.configure(redact=loaded.parts.redaction)
    problems = tuple(each for each in error.problems if each.is_fatal)
    logs.get("gateway").error(
        "the files cannot be used; running with the last configuration that was accepted",
        accepted_at=kept.accepted_at.isoformat(),
        problems=len(problems),
    )
    fallback = Fallback(accepted_at=kept.accepted_at, problems=problems, digest=digest)
    return loaded, Origin(path=path, environ=environ, snapshot=snapshot, fallback=fallback)
