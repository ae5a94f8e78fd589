"""Notice in, message out: the template's text and the settings that differ per alert."""

from dataclasses import dataclass

from gateway.model.exchange import Message
from gateway.model.identity import delivery_identity
from gateway.model.notice import Notice
from gateway.pipeline.parts import Parts
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
    alert = notice.alert
    rendered = parts.renderer.render(
        notice,
        sink=sink.name,
        type=sink.type,
        format=sink.format,
        template=parts.templates.get(alert.route) or sink.settings.template,
    )
    worked = parts.renderer.values(sink.values, notice, sink=sink.name, type=sink.type)
    shown = notice.open or notice.fixed
    message = Message(
        action=notice.action,
        alias=alert.key,
        identity=delivery_identity(parts.instance, alert.id, notice.revision, sink.name),
        timestamp=timestamp,
        body=rendered.body,
        severity=shown[0].finding.severity if shown else "",
        values=worked.values,
    )
    return Composed(message=message, failed=rendered.failed or worked.failed)
