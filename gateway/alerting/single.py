"""A single finding or event as something that can be told: like an alert that nobody keeps."""

from collections.abc import Mapping

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
    findings = event.findings if finding is None else (finding,)
    entries = tuple(
        Entry(
            key=str(number),
            finding=each,
            event=event.context,
            opened=1 if each.change == "new" else 0,
            fixed=None if each.change == "new" else 1,
        )
        for number, each in enumerate(sorted(findings, key=worst_first))
    )
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
    new = tuple(entry for entry in entries if entry.fixed is None)
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
