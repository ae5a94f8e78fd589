"""The one list of sinks: a new one is a file and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gateway.sinks.alertmanager import Alertmanager, AlertmanagerSettings
from gateway.sinks.email import Email, EmailSettings
from gateway.sinks.http import Http
from gateway.sinks.http_settings import HttpSettings
from gateway.sinks.opsgenie import Opsgenie, OpsgenieSettings
from gateway.sinks.pagerduty import Pagerduty, PagerdutySettings
from gateway.sinks.sink import Sink, SinkSettings
from gateway.sinks.slack import SlackSettings, slack
from gateway.sinks.teams import Teams, TeamsSettings

S = TypeVar("S", bound=SinkSettings)


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """One kind of sink: what its settings look like, and how it is built from them."""

    settings: type[S]
    build: Callable[[str, S], Sink]


SINKS: Mapping[str, Kind[Any]] = {
    "slack": Kind(SlackSettings, slack),
    "teams": Kind(TeamsSettings, Teams),
    "opsgenie": Kind(OpsgenieSettings, Opsgenie),
    "pagerduty": Kind(PagerdutySettings, Pagerduty),
    "alertmanager": Kind(AlertmanagerSettings, Alertmanager),
    "http": Kind(HttpSettings, Http),
    "email": Kind(EmailSettings, Email),
}
"""By the word that `type` takes."""
