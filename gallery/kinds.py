"""The one list of what is drawn: a kind of message is a file and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from gallery import discord, email, slack, teams
from gateway.sinks.catalogue import SINKS

WEBHOOK = "https://discord.example/api/webhooks/123456789012345678/TOKEN"
MAIL = {"host": "mail.example", "from": "gateway@mail.example", "to": ["security@mail.example"]}


@dataclass(frozen=True, slots=True)
class Kind:
    """One app that shows messages."""

    app: str
    """Its name."""
    section: Mapping[str, Any]
    """Settings of a sink whose messages it shows, without their type."""
    draw: Callable[[str], Markup]
    """A message's body as HTML."""


_EVERY: Mapping[str, Kind] = {
    "slack": Kind("Slack", {"url": "https://hooks.example/slack"}, slack.draw),
    "teams": Kind("Microsoft Teams", {"url": "https://hooks.example/teams"}, teams.draw),
    "discord": Kind(
        "Discord",
        {"url": "https://discord.example/api/webhooks/123456789012345678/TOKEN"},
        discord.draw,
    ),
    "email": Kind("E-mail", MAIL, email.draw),
}
KINDS: Mapping[str, Kind] = {type_: kind for type_, kind in _EVERY.items() if type_ in SINKS}
"""By the type of the sink."""
