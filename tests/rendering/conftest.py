"""Notices made by hand; every text in them is made up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Action
from gateway.model.event import Event, Org, Project
from gateway.model.finding import Finding
from gateway.model.notice import Notice

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOSTILE = (
    "<!channel> <@U1> @here @channel <http://evil.example|snyk.io> </script><!-- \"quoted\" 'q' "
    "back\\slash {{ 7*7 }} {% raw %} & | = ` * _ [x](javascript:alert) \u202egnp.exe\u2066 \u2028 "
    "\x00 \x1b[31m \r\n 😀 é #1 !2 \ud800"
)


def finding(number: int = 1, **changes: Any) -> Finding:
    known = Finding(
        id=f"SNYK-JS-ACME-{number}",
        type="vuln",
        title="Prototype Pollution",
        severity="high",
        package="acme-parser",
        versions=("1.4.2",),
        cve=(f"CVE-2026-{40000 + number}",),
        cvss=7.5,
        priority=712.0,
        exploit="mature",
        fixable=True,
        fixed_in=("2.0.1",),
        url=f"https://security.snyk.io/vuln/SNYK-JS-ACME-{number}",
    )
    return replace(known, **changes)


def project(**changes: Any) -> Project:
    known = Project(
        id="p-1",
        name="acme/shop:package.json",
        branch="main",
        url="https://app.snyk.io/org/acme/project/p-1",
        tags=(("env", "prod"), ("team", "a"), ("team", "b"), ("items", "three")),
    )
    return replace(known, **changes)


def notice(
    action: Action = "create",
    *,
    findings: Sequence[Finding] = (finding(),),
    new: int | None = None,
    fixed: Sequence[Finding] = (),
    raw: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Notice:
    """A notice; `new` says how many of its open findings are, `changes` are the project's."""
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=AT,
        tested_at=AT,
        project=project(**changes),
        org=Org(id="o-1", slug="acme", name="Acme"),
        raw=raw or {},
    )
    entries = [
        tuple(
            Entry(key=f"{word}-{number}", finding=each, event=event, opened=1)
            for number, each in enumerate(group)
        )
        for word, group in (("open", findings), ("fixed", fixed))
    ]
    alert = Alert(
        id="alr_1",
        key="ab" * 32,
        route="everything",
        group=("p-1",),
        sinks=("chat",),
        status="open",
        revision=1,
        opened_at=AT,
        resolved_at=None,
        event=event,
        entries=(*entries[0], *entries[1]),
    )
    return Notice(
        action=action,
        alert=alert,
        revision=1,
        open=entries[0],
        new=entries[0][:new],
        fixed=entries[1],
    )
