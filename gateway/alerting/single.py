"""A single finding or event as something that can be told: like an alert that nobody keeps."""

from collections.abc import Iterable, Iterator, Mapping

from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Deliver
from gateway.model.event import Event
from gateway.model.finding import Finding, worst_first
from gateway.model.notice import Notice


def notice_of(
    event: Event,
    *,
    deliver: Deliver,
    key: str,
    route: str,
    sink: str,
    labels: Mapping[str, str],
    finding: Finding | None = None,
    marks: tuple[str, ...] = (),
    payload: bytes | None = None,
) -> Notice:
    """The notice of one finding, or of an event with whatever it lists; told once, never updated.

    `key` is what tells it apart from all others.
    """
    entries = tuple(_entries(event, event.findings if finding is None else (finding,)))
    alert = Alert(
        id=event.id,
        key=key,
        route=route,
        group=(event.id,),
        sinks=(sink,),
        status="open",
        revision=1,
        opened_at=event.received_at,
        resolved_at=None,
        event=event.context,
        entries=entries,
        labels=labels,
    )
    new = alert.open_entries
    return Notice(
        action="create",
        alert=alert,
        revision=1,
        open=new,
        new=new,
        fixed=tuple(entry for entry in entries if entry.fixed is not None),
        deliver=deliver,
        marks=marks,
        payload=payload,
    )


def _entries(event: Event, findings: Iterable[Finding]) -> Iterator[Entry]:
    """Worst first; what the event removed is fixed from the start."""
    for number, each in enumerate(sorted(findings, key=worst_first)):
        is_new = each.change == "new"
        yield Entry(
            key=str(number),
            finding=each,
            event=event.context,
            opened=1 if is_new else 0,
            fixed=None if is_new else 1,
        )
