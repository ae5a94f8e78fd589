"""Webhook in, mail out: a whole gateway and a real mail server."""

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trustme

from tests.flow.conftest import Running, configuration
from tests.mailroom import Mailroom, authenticate, mailroom

Run = Callable[[Path], Awaitable[Running]]
A, B = "a@corp.example", "b@corp.example"


def people(room: Mailroom, **settings: Any) -> dict[str, Any]:
    return {
        "people": {
            "type": "email",
            "host": "127.0.0.1",
            "port": room.port,
            "security": "none",
            "from": "Snyk <snyk@corp.example>",
            "to": [A, B],
            "timeout": "5m",  # on a clock that runs fast
            **settings,
        }
    }


def to_people(by: str = "finding") -> dict[str, Any]:
    return {"sinks": ["people"], "group_by": [by]}


async def test_a_finding_and_its_fix_are_one_thread(tmp_path: Path, run: Run) -> None:
    async with mailroom() as room:
        sinks = people(room, send_resolved=True)
        gateway = await run(configuration(tmp_path, sinks=sinks, route=to_people()))

        await gateway.send("new-critical")
        await room.wait_for(1)
        await gateway.send("fixed", hours=1)
        opened, closed = (taken.message for taken in await room.wait_for(2))
        await gateway.settled(2)

    assert room.taken[0].recipients == [A, B]
    assert opened["Subject"].startswith("Critical: ")
    assert closed["Subject"].startswith("Fixed: ")
    assert opened["From"] == "Snyk <snyk@corp.example>"
    assert [part.get_content_type() for part in opened.iter_parts()] == ["text/plain", "text/html"]
    assert opened["References"] == closed["References"] == closed["In-Reply-To"]
    assert opened["Message-ID"] != closed["Message-ID"]


async def test_who_was_put_off_gets_it_later_and_nobody_gets_it_twice(
    tmp_path: Path, run: Run
) -> None:
    async with mailroom() as room:
        room.recipients = {B: "451 4.2.0 greylisted"}
        gateway = await run(configuration(tmp_path, sinks=people(room), route=to_people()))

        await gateway.send("new-critical")
        await room.wait_for(1)
        room.recipients = {}
        first, second = await room.wait_for(2)
        told = (await gateway.settled(1))[0]

    assert (first.recipients, second.recipients) == ([A], [B])
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert told["status"] == "delivered"


async def test_a_mail_that_everybody_is_refused_is_dead_and_says_why(
    tmp_path: Path, run: Run
) -> None:
    async with mailroom() as room:
        room.recipients = {A: "550 5.1.1 no such user", B: "550 5.1.1 no such user"}
        gateway = await run(configuration(tmp_path, sinks=people(room), route=to_people()))

        await gateway.send("new-critical")
        told = (await gateway.settled(1))[0]
        attempts = (await gateway.admin(f"/api/v1/deliveries/{told['id']}"))["attempts"]

    assert told["status"] == "dead"
    assert [(each["status"], each["reason"]) for each in attempts] == [(550, "not_found")]


async def test_a_login_over_starttls_works_from_the_settings(tmp_path: Path, run: Run) -> None:
    authority, theirs = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    options: dict[str, Any] = {
        "authenticator": authenticate,
        "auth_required": True,
        "require_starttls": True,
    }
    login = {"username": "gateway", "password": "made-up-password", "security": "starttls"}
    tls = {"tls": {"ca": str(tmp_path / "ca.pem")}}
    async with mailroom(tls_context=theirs, **options) as room:
        gateway = await run(
            configuration(tmp_path, sinks=people(room, **login, **tls), route=to_people())
        )

        await gateway.send("new-critical")
        taken = (await room.wait_for(1))[0]
        await gateway.settled(1)

    assert taken.encrypted
    assert taken.login
