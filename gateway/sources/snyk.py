"""Snyk's webhooks: `ping` and `project_snapshot`.

Snyk documents them on "About webhooks" and "Webhook events and payloads"; what it sends differs
from that and over the years, so of a body only `project.id` (or a ping's `webhookId`) is required.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from gateway.errors import Unreadable
from gateway.model.event import Event
from gateway.settings.problem import Loc
from gateway.settings.section import Section
from gateway.settings.types import DURATION_SCHEMA, Duration, SecretText, Truth
from gateway.sources.document import document
from gateway.sources.lenient import identifier, mapping, moment
from gateway.sources.signature import (
    HEADER,
    HmacVerification,
    active_keys,
    claimed_digest,
    signature,
)
from gateway.sources.snyk_issue import findings
from gateway.sources.snyk_project import group, org, project
from gateway.sources.source import Expected, Headers, Source, Verification, single

_EVENT = re.compile(r"[A-Za-z0-9_.-]{1,100}/(v[0-9]{1,9})")
_UNPRINTABLE = re.compile(r"[^!-~]")
# Snyk sends a GUID of 36 characters.
_LONGEST_TRANSPORT_ID = 128
_SHORT = 16


class ExpectEvery(Section):
    """How often a snapshot should come."""

    every: Duration = Field(gt=0)
    per: Literal["source", "org"] = "source"


def _expect(value: Any) -> Any:
    return {"every": value} if isinstance(value, str) else value


_EXPECT_SCHEMA = {
    "anyOf": [
        DURATION_SCHEMA,
        {
            "type": "object",
            "properties": {"every": DURATION_SCHEMA, "per": {"enum": ["source", "org"]}},
            "required": ["every"],
            "additionalProperties": False,
        },
    ]
}
Expect = Annotated[ExpectEvery, BeforeValidator(_expect), WithJsonSchema(_EXPECT_SCHEMA)]


class SnykSettings(Section):
    """One webhook of Snyk's, or several with the same secrets."""

    type: Literal["snyk"]
    secrets: list[SecretText] = Field(min_length=1, description="Several while one is rotated")
    skip_ignored: Truth = Field(default=True, description="Ignored issues make no alerts")
    expect_every: Expect | None = Field(
        default=None, description="Without a snapshot for so long something is wrong"
    )
    orgs: list[str] = Field(default_factory=list, description="Ids; others are not routed")
    gone_after: Duration | None = Field(
        default=None, gt=0, description="A project without a snapshot for so long is gone"
    )

    def warnings(self) -> list[tuple[Loc, str]]:
        """Secrets that are too short to withstand guessing."""
        return [
            (("secrets", number), f"a secret of under {_SHORT} characters can be guessed")
            for number, secret in enumerate(self.secrets)
            if len(secret.reveal()) < _SHORT
        ]


class Snyk(Source):
    """Verifies and reads what Snyk sends."""

    def __init__(self, name: str, settings: SnykSettings) -> None:
        self.name = name
        self.settings = settings
        self.skip_ignored = settings.skip_ignored
        self.gone_after = settings.gone_after
        expect = settings.expect_every
        self.expect = Expected(expect.every, expect.per) if expect else None

    def takes(self, event: Event) -> bool:
        """Whether it is of one of the organisations that are asked for; a ping is of none."""
        orgs = self.settings.orgs
        return not orgs or event.type != "project_snapshot" or event.org.id in orgs

    def verification(self, headers: Headers) -> Verification | None:
        """The check of the body against every secret in force; None for a malformed signature."""
        claimed = claimed_digest(headers)
        return HmacVerification(claimed, active_keys(self.settings.secrets)) if claimed else None

    def transport_id(self, headers: Headers) -> str:
        """Snyk's id of this delivery: printable ASCII, bounded, empty without exactly one."""
        sent = single(headers, "X-Snyk-Transport-ID")
        return _UNPRINTABLE.sub("", sent)[:_LONGEST_TRANSPORT_ID]

    def version(self, headers: Headers) -> str:
        """The `vN` of `X-Snyk-Event: name/vN`, else `v0`."""
        named = _EVENT.fullmatch(single(headers, "X-Snyk-Event"))
        return named[1] if named else "v0"

    def read(self, body: bytes, *, id: str, received_at: datetime, version: str) -> Event:  # noqa: A002 - the event's own word
        """The event in a verified body; raises Unreadable."""
        said = document(body)
        event = Event(
            id=id,
            source=self.name,
            type="ping",
            version=version,
            received_at=received_at,
            raw={"project": {}, "org": {}},
        )
        if identifier(mapping(said.get("project")).get("id")):
            return _snapshot(event, said)
        if identifier(said.get("webhookId")) and not said.get("project"):
            return event
        raise Unreadable("neither project.id nor webhookId")


def _snapshot(event: Event, said: Mapping[str, Any]) -> Event:
    listed, lost = findings(said)
    tested = mapping(said.get("project"))
    return replace(
        event,
        type="project_snapshot",
        tested_at=moment(tested.get("lastTestedDate")),
        project=project(tested),
        org=org(said.get("org")),
        group=group(said),
        findings=listed,
        unreadable_issues=lost,
        raw={"project": tested, "org": mapping(said.get("org"))},
    )


def signed_headers(
    body: bytes, secret: str, *, event: str, transport_id: str, timestamp: str
) -> dict[str, str]:
    """The headers that Snyk sends with a body; `event` is `name/vN`, `timestamp` RFC 3339."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "Snyk-Webhooks",
        "X-Snyk-Event": event,
        "X-Snyk-Transport-ID": transport_id,
        "X-Snyk-Timestamp": timestamp,
        HEADER: signature(body, secret.encode()),
    }
