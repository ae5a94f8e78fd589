"""What one sink is to be told now: the difference from what it was told before."""

from collections.abc import Iterable

from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Action, Told
from gateway.model.finding import worst_first
from gateway.model.notice import Notice


def choose(
    alert: Alert,
    revision: int,
    told: Told,
    *,
    lifecycle: bool,
    send_resolved: bool,
    reminder: bool = False,
    marks: tuple[str, ...] = (),
) -> Notice | None:
    """The notice that brings the sink to that revision; None where there is nothing to tell.

    Under `reminder` that something is still open is worth telling by itself.
    """
    still_open = _sorted(entry for entry in alert.entries if entry.open_at(revision))
    new = tuple(entry for entry in still_open if entry.is_news(told.revision, revision))
    # Where nothing was told, whatever a tried opening held may be known to the sink.
    known = told.revision or revision
    fixed = _sorted(
        entry
        for entry in alert.entries
        if entry.opened <= known and told.revision < (entry.fixed or 0) <= revision
    )
    resolved = alert.status == "resolved" and revision >= alert.revision
    is_open = bool(still_open or alert.beyond.open)
    if told.closed or not (is_open or resolved):
        return None  # what that revision held has changed since: a later one tells of it
    action = _action(told, lifecycle=lifecycle, still_open=is_open)
    if action is None:
        return None
    if action == "close" and not send_resolved:
        return None
    has_change = bool(new or (fixed and send_resolved))
    if action == "update" and not has_change and not (reminder and told.revision < revision):
        return None
    return Notice(
        action=action,
        alert=alert,
        revision=revision,
        open=still_open,
        new=new,
        fixed=() if action == "create" or not send_resolved else fixed,
        reminder=action == "update" and not has_change,
        marks=marks,
    )


def _action(told: Told, *, lifecycle: bool, still_open: bool) -> Action | None:
    """Create, update or close, by what the sink was told; None where it never heard of it."""
    if still_open:
        return "update" if told.revision else "create"
    # An opening that was tried may have arrived, so an object may be waiting for its close.
    return "close" if told.revision or (told.tried and lifecycle) else None


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: worst_first(entry.finding)))
