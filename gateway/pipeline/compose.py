"""Notice in, message out: the template's text and the settings that differ per alert."""

from dataclasses import dataclass, replace

from gateway.model.about import about
from gateway.model.exchange import Message
from gateway.model.identity import delivery_identity
from gateway.model.notice import Notice
from gateway.pipeline.parts import Parts
from gateway.rendering.bounds import MAX_FINDINGS
from gateway.sinks.sink import Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A message, and why the operator's template could not make it."""

    message: Message
    failed: str | None
    """None where the template that was asked for made it, and every setting could be worked out."""


def compose(parts: Parts, notice: Notice, sink: Sink, *, timestamp: int) -> Composed:
    """The message for a sink; equal for equal arguments.

    Raises TemplateError where a setting with Jinja fails and has no default.
    """
    alert, route = notice.alert, parts.tree.find(notice.alert.route)
    template = (route.template if route else None) or sink.settings.template
    most = route.max_findings if route else MAX_FINDINGS
    worked = parts.renderer.values(
        sink.values,
        notice,
        sink=sink.name,
        type=sink.type,
        max_findings=most,
        kept=alert.settings.get(sink.name, {}),
    )
    shown = notice.open or notice.fixed
    blank = Message(
        action=notice.action,
        alias=alert.key,
        identity=delivery_identity(alert.key, alert.id, notice.revision, sink.name),
        timestamp=timestamp,
        body="",
        reminder=notice.reminder,
        severity=shown[0].finding.severity if shown else "",
        values=worked.values,
        about=about(notice),
    )
    if notice.payload is not None and sink.type == "http" and template is None:
        return Composed(message=replace(blank, payload=notice.payload), failed=worked.failed)
    rendered = parts.renderer.render(
        notice,
        sink=sink.name,
        type=sink.type,
        format=sink.format,
        also=sink.also,
        template=template,
        max_findings=most,
        fits=lambda body: not sink.faults(replace(blank, body=body)),
    )
    message = replace(blank, body=rendered.body, also=rendered.also)
    return Composed(message=message, failed=rendered.failed or worked.failed)
