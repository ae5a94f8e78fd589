"""What tries came to, in metrics and in the log."""

from typing import Any

from gateway.metrics import REASONS, Metrics, label
from gateway.model.delivery import Attempt, Delivery
from gateway.pipeline.retry import Again, Dead, Decision, Done
from gateway.pipeline.settlement import RECORDED


def count_try(
    metrics: Metrics, log: Any, delivery: Delivery, attempt: Attempt, decision: Decision
) -> None:
    """Counts a try that was made, and says so in one line."""
    reason = label(attempt.reason, REASONS)
    metrics.attempts.labels(delivery.sink, attempt.outcome, reason).inc()
    match decision:
        case Done() if attempt.reason == RECORDED:
            metrics.deliveries.labels(delivery.sink, RECORDED).inc()
        case Done():
            metrics.deliveries.labels(delivery.sink, "delivered").inc()
            waited = (attempt.ended_at - delivery.accepted_at).total_seconds()
            metrics.delivery_seconds.labels(delivery.sink).observe(max(waited, 0.0))
        case Dead():
            metrics.deliveries.labels(delivery.sink, "dead").inc()
        case Again():
            pass
    log.info(
        "attempt",
        delivery=delivery.id,
        alert=delivery.alert.id if delivery.alert else None,
        event_id=delivery.event_id,
        number=attempt.number,
        outcome=attempt.outcome,
        reason=attempt.reason,
        status=attempt.status,
        detail=attempt.detail if attempt.outcome != "delivered" else None,
        next=decision.at.isoformat() if isinstance(decision, Again) else None,
        ms=round((attempt.ended_at - attempt.started_at).total_seconds() * 1000),
    )


def count_untold(metrics: Metrics, delivery: Delivery) -> None:
    """Counts what opened and was fixed before anybody was told."""
    if delivery.alert is not None and not delivery.told.revision:
        metrics.count_suppressed([(delivery.route, "coalesced")])
