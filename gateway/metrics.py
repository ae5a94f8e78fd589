"""Every metric of the gateway, on a registry of its own."""

from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_DELIVERY_SECONDS = (*_SECONDS, 900, 3600, 4 * 3600, 28 * 3600)

REASONS = frozenset(
    {"blocked", "dns", "network", "timeout", "tls", "rate_limited", "server_error", "conflict",
     "unauthorised", "forbidden", "not_found", "gone", "too_large", "bad_request", "redirect",
     "refused", "template_failed", "unexpected", "max_age", "unknown_sink", "delivered", "recorded",
     "superseded", "nothing_to_tell", "ambiguous", "by_hand", "silenced", "unconfirmed",
     "inhibited", "outside", "rolled_up"}
)  # fmt: skip
"""The closed list behind the label `reason`; anything else counts as `other`."""

SUPPRESSED = frozenset(
    {"ignored", "duplicate", "stale", "no_sinks", "muted", "outside", "coalesced", "rolled_up"}
)
"""The same for what makes no delivery, or none for now."""


def label(value: str, known: frozenset[str]) -> str:
    """The value where it is known, else `other`: outside text never becomes a label."""
    return value if value in known else "other"


class Metrics:
    """The gateway's metrics; each name begins with `gateway_`."""

    def __init__(self) -> None:
        # A second series for each counter, that nobody asks for.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # carries no types
        self.registry = CollectorRegistry()
        self.events = self._counter(
            "events", "Webhooks by what became of them", "source", "type", "result"
        )
        self.accept_seconds = self._histogram("accept_seconds", "First byte to answer", _SECONDS)
        self.findings = self._counter("findings", "Findings read", "change", "severity")
        self.routed = self._counter("routed", "Findings taken by a route", "route")
        self.suppressed = self._counter(
            "suppressed", "Findings that made no delivery, by reason", "route", "reason"
        )
        self.deliveries = self._counter("deliveries", "Deliveries ended", "sink", "result")
        self.delivery_seconds = self._histogram(
            "delivery_seconds", "Accepted to delivered", _DELIVERY_SECONDS, "sink"
        )
        self.attempts = self._counter("attempts", "Tries", "sink", "outcome", "reason")
        self.pending = self._gauge("pending", "Deliveries that wait", "sink")
        self.oldest_due_seconds = self._gauge(
            "oldest_due_seconds", "Age of the oldest delivery that is due", "sink"
        )
        self.dead = self._gauge("dead", "Deliveries that were given up", "sink")
        self.breaker_open = self._gauge(
            "breaker_open", "1 while deliveries wait for a sink that does not work", "sink"
        )
        self.template_errors = self._counter(
            "template_errors", "Templates that failed on live input"
        )
        self.when_errors = self._counter("when_errors", "Expressions that failed", "route")
        self.config_reload_success = self._gauge(
            "config_reload_success", "Whether the last reload was accepted: 1 or 0"
        )
        self.signature_failures = self._counter(
            "signature_failures", "Requests refused for their signature", "source"
        )
        self.store_commit_seconds = self._histogram(
            "store_commit_seconds", "One group commit", _SECONDS
        )
        self.last_event_timestamp = self._gauge(
            "last_event_timestamp", "When the last verified webhook came", "source"
        )

    def refused_signatures(self, source: str) -> float:
        """How many webhooks of the source were refused since the start."""
        name, labels = "gateway_signature_failures_total", {"source": source}
        return self.registry.get_sample_value(name, labels) or 0.0

    def count_suppressed(self, kept_back: Iterable[tuple[str, str]]) -> None:
        """Counts what makes no delivery, by route and reason."""
        for route, reason in kept_back:
            self.suppressed.labels(route, label(reason, SUPPRESSED)).inc()

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"gateway_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"gateway_{name}", text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(f"gateway_{name}", text, labels, buckets=buckets, registry=self.registry)
