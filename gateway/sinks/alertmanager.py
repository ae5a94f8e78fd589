"""Prometheus' Alertmanager: one alert per set of labels, posted again as it changes.

https://prometheus.io/docs/alerting/latest/alerts_api/
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.codec import decode_object, encode
from gateway.errors import Blocked, TransportError
from gateway.model.exchange import Delivered, Message, Request, TryAgain
from gateway.model.limits import cut
from gateway.model.secret import Concealed
from gateway.settings.types import HttpUrl, SecretText, problem
from gateway.sinks.authorization import Basic, authorization, concealed
from gateway.sinks.headers import unsound
from gateway.sinks.sink import Exchange, Format, SinkSettings
from gateway.sinks.status import judge
from gateway.sinks.usual import NO_OBJECT, Usual

PATH = "/api/v2/alerts"
KEPT = "labels"
"""The receipt's word for the labels that the alert was opened with."""
OPEN_FOR = timedelta(days=3650)
"""Without an end an alert expires after `resolve_timeout`, five minutes."""
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Another link would cost the whole alert.
_URL = re.compile(r"https?://(?:[\w.~:/?#\[\]@!$&'()*+,;=-]|%[0-9a-fA-F]{2})+", re.ASCII)
# Nothing is published; a label is an index entry and an annotation is shown.
_MAX_LABEL, _MAX_ANNOTATION = 256, 4096

Json = dict[str, Any]


def _label(name: str) -> str:
    if not _NAME.fullmatch(name) or name in {"alertname", "alert"}:
        raise problem("not a label of yours; write letters, digits and _, but not alertname, alert")
    return name


class AlertmanagerSettings(SinkSettings):
    """An Alertmanager, or what takes its alerts."""

    type: Literal["alertmanager"]
    url: HttpUrl = Field(repr=False, description="Its address, such as http://alertmanager:9093")
    labels: dict[Annotated[str, AfterValidator(_label)], str] = Field(
        default_factory=dict, description="More labels, as they are when the alert opens"
    )
    bearer: SecretText | None = None
    basic: Basic | None = None

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if self.bearer and self.basic:
            raise problem("bearer and basic exclude each other")
        return self


class Alertmanager(Usual):
    """Posts the alert as it is now; with an end that is far away, or now."""

    type: ClassVar[str] = "alertmanager"
    format: ClassVar[Format] = "json"
    lifecycle: ClassVar[bool] = True

    def __init__(self, name: str, settings: AlertmanagerSettings) -> None:
        super().__init__(name, settings)
        self._url = settings.url.rstrip("/") + PATH
        self._labels = settings.labels
        self._bearer = settings.bearer
        self._basic = settings.basic

    @property
    def values(self) -> Mapping[str, Any]:
        """The labels, as far as they are set."""
        return {"labels": self._labels} if self._labels else {}

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> Exchange:
        """One POST; the labels say which alert it is.

        They are those that it was opened with: the receipt keeps them, since others would be
        another alert, and the first one would stay open.
        """
        made = decode_object(message.body)
        if made is None:
            return NO_OBJECT
        headers = {"Content-Type": "application/json", **authorization(self._bearer, self._basic)}
        if refusal := unsound(headers):
            return refusal
        labels = _kept(receipt) or _labels(message, made)
        # One that has no answer may have been opened: with these labels it is closed.
        kept = {KEPT: encode(labels).decode()}
        try:
            response = yield Request(
                method="POST",
                url=Concealed(self._url),
                headers=headers,
                body=encode([alert(message, made, labels)]),
                timeout=self.settings.timeout,
            )
        except Blocked:
            raise
        except TransportError as error:
            return TryAgain(
                reason=error.reason, detail=str(error), ambiguous=error.ambiguous, receipt=kept
            )
        outcome = judge(
            response, now=message.timestamp, secrets=concealed(self._bearer, self._basic)
        )
        if isinstance(outcome, Delivered | TryAgain):
            return replace(outcome, receipt=kept)
        return outcome

    def faults(self, message: Message) -> list[str]:
        """A body that cannot be used, and a link; too long texts are cut."""
        made = decode_object(message.body)
        if made is None:
            return [NO_OBJECT.detail]
        link = str(made.get("generatorURL") or "")
        return (
            ["generatorURL is no URL; it is left out"] if link and not _URL.fullmatch(link) else []
        )


def alert(message: Message, made: Mapping[str, Any], labels: Mapping[str, str]) -> Json:
    """The alert as it is posted: what may change is in the annotations.

    What the template says is told `once` has no end of ours, since nobody will close it.
    """
    now = datetime.fromtimestamp(message.timestamp, UTC)
    end = now if message.action == "close" else now + OPEN_FOR
    link = str(made.get("generatorURL") or "")
    told: Json = {"labels": labels, "annotations": _texts(made.get("annotations"), _MAX_ANNOTATION)}
    if _URL.fullmatch(link):
        told["generatorURL"] = link
    if message.action != "close" and made.get("once") is True:
        return told
    # Without a start, Alertmanager takes the end for it.
    return {**told, "startsAt": _time(_start(made, now)), "endsAt": _time(end)}


def _start(made: Mapping[str, Any], now: datetime) -> datetime:
    """When it opened, now at the latest: what would end before it starts is refused."""
    try:
        return min(datetime.fromisoformat(str(made.get("startsAt"))), now)
    except (ValueError, TypeError):
        return now


def _labels(message: Message, made: Mapping[str, Any]) -> dict[str, str]:
    """What the alert is known by; `alert` alone keeps it apart from every other."""
    labels = {**_texts(made.get("labels"), _MAX_LABEL), "alert": message.alias}
    own = _texts(message.values.get("labels"), _MAX_LABEL)
    return {"alertname": "SnykFindings", **labels, **own}


def _kept(receipt: Mapping[str, str] | None) -> dict[str, str]:
    kept = decode_object((receipt or {}).get(KEPT, ""))
    return _texts(kept, _MAX_LABEL)


def _texts(value: Any, limit: int) -> dict[str, str]:
    """The texts by sound names that are not empty: Alertmanager counts an empty label as none."""
    given = value if isinstance(value, Mapping) else {}
    texts = {str(name): cut(str(each or ""), limit) for name, each in given.items()}
    return {name: text for name, text in texts.items() if text and _NAME.fullmatch(name)}


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
