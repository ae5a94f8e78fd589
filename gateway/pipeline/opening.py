"""Settings that differ per alert are worked out when it opens, and kept."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.alerting.changes import Changes
from gateway.alerting.telling import choose
from gateway.errors import TemplateError
from gateway.model.alert import Alert
from gateway.model.delivery import Told
from gateway.pipeline.parts import Parts
from gateway.rendering.bounds import MAX_FINDINGS
from gateway.rendering.values import BINDING


def opened(parts: Parts, changes: Changes) -> Changes:
    """The changes; alerts that they open have their settings."""
    alerts = tuple(
        with_settings(parts, alert) if alert.id in changes.opened else alert
        for alert in changes.alerts
    )
    return replace(changes, alerts=alerts)


def with_settings(parts: Parts, alert: Alert) -> Alert:
    """The alert with the settings of its sinks that hold expressions, worked out as it is now."""
    known = ((sink, _worked_out(parts, alert, sink)) for sink in alert.sinks)
    return replace(alert, settings={sink: values for sink, values in known if values})


def _worked_out(parts: Parts, alert: Alert, name: str) -> Mapping[str, Any]:
    """What can be kept; the rest is worked out at each try.

    A URL or a header may hold a credential, which must follow its secret, and must not be written
    down.
    """
    sink = parts.sinks.get(name)
    varying = parts.renderer.varying(sink.values) if sink else {}
    varying = {key: value for key, value in varying.items() if key not in BINDING}
    if sink is None or not varying:
        return {}
    notice = choose(
        alert, alert.revision, Told(), lifecycle=sink.lifecycle, send_resolved=sink.send_resolved
    )
    if notice is None:
        return {}
    route = parts.tree.find(alert.route)
    try:
        worked = parts.renderer.values(
            varying,
            notice,
            sink=name,
            type=sink.type,
            max_findings=route.max_findings if route else MAX_FINDINGS,
        )
    except TemplateError:
        return {}
    return {key: each for key, each in worked.values.items() if _may_be_kept(parts, each)}


def _may_be_kept(parts: Parts, value: Any) -> bool:
    text = repr(value)
    return parts.redaction(text) == text
