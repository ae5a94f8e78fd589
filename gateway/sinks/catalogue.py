"""The one list of sinks: a new one is a file and a line here, or a file in presets/."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from gateway.sinks.alertmanager import Alertmanager, AlertmanagerSettings
from gateway.sinks.apprise import Apprise, AppriseSettings
from gateway.sinks.email import Email, EmailSettings
from gateway.sinks.http import Http
from gateway.sinks.http_settings import HttpSettings
from gateway.sinks.opsgenie import Opsgenie, OpsgenieSettings
from gateway.sinks.pagerduty import Pagerduty, PagerdutySettings
from gateway.sinks.preset import Preset, settings_of
from gateway.sinks.preset_files import BUILT_IN, read
from gateway.sinks.sink import Sink, SinkSettings
from gateway.sinks.slack import SlackSettings, slack
from gateway.sinks.teams import Teams, TeamsSettings

PRESETS: Mapping[str, Preset] = read(BUILT_IN).sound
"""The built-in ones."""

S = TypeVar("S", bound=SinkSettings)


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """One kind of sink: what its settings look like, and how it is built from them."""

    settings: type[S]
    build: Callable[[str, S], Sink]
    pages: bool = False
    """Whether it wakes somebody up: what may keep it quiet is warned of."""


def of_preset(name: str, preset: Preset) -> Kind[Any]:
    """The kind of sink that a preset makes of `http`."""
    return Kind(settings_of(name, preset), partial(Http, preset=preset))


SINKS: Mapping[str, Kind[Any]] = {
    "slack": Kind(SlackSettings, slack),
    "teams": Kind(TeamsSettings, Teams),
    "opsgenie": Kind(OpsgenieSettings, Opsgenie, pages=True),
    "pagerduty": Kind(PagerdutySettings, Pagerduty, pages=True),
    "alertmanager": Kind(AlertmanagerSettings, Alertmanager),
    "http": Kind(HttpSettings, Http),
    "email": Kind(EmailSettings, Email),
    "apprise": Kind(AppriseSettings, Apprise),
    **{name: of_preset(name, preset) for name, preset in PRESETS.items()},
}
"""By the word that `type` takes."""

PAGING = frozenset(type_ for type_, kind in SINKS.items() if kind.pages)
"""Types of sinks that wake somebody up."""
