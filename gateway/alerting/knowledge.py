"""What is known while events are decided one after the other, before any of it is written."""

from collections import defaultdict
from collections.abc import Iterable

from gateway.alerting.changes import Changes, Known
from gateway.model.alert import Alert


class Knowledge:
    """Of several events; each finds what those before it have changed."""

    def __init__(self, known: Known) -> None:
        """`known` is what the store has of all of them."""
        self._changes = dict(known.changes)
        self._spent = dict(known.spent)
        self._alerts: dict[str, Alert] = {}
        self._by_key: dict[str, str] = {}
        self._holding: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for alert in known.alerts:
            self._put(alert)

    def of(self, findings: Iterable[str], alert_keys: Iterable[str]) -> Known:
        """What is known of these findings, and of the open alerts under these keys."""
        keys = list(findings)
        ids = {id_: None for key in keys for id_ in self._holding.get(key, ())}
        ids |= {self._by_key[key]: None for key in alert_keys if key in self._by_key}
        return Known(
            changes={key: self._changes[key] for key in keys if key in self._changes},
            alerts=[self._alerts[id_] for id_ in ids],
            spent=self._spent,
        )

    def take(self, changes: Changes) -> None:
        """Learns what an event has changed."""
        self._changes |= {each.key: each for each in changes.findings}
        self._spent |= changes.spent
        for alert in changes.alerts:
            self._forget(alert.id)
            if alert.status == "open":
                self._put(alert)

    def _put(self, alert: Alert) -> None:
        self._alerts[alert.id] = alert
        self._by_key[alert.key] = alert.id
        for entry in alert.open_entries:
            self._holding[entry.key][alert.id] = None

    def _forget(self, alert_id: str) -> None:
        alert = self._alerts.pop(alert_id, None)
        if alert is not None:
            self._by_key.pop(alert.key, None)
            for entry in alert.open_entries:
                self._holding[entry.key].pop(alert_id, None)
