import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp.test_utils import unused_port

from gateway.codec import decode
from gateway.errors import Blocked, TransportError
from gateway.model.exchange import Login, Mail, Response
from gateway.model.tls import TlsFiles
from gateway.transport.guard import Rules
from gateway.transport.smtp import Smtp
from tests.mailroom import authenticate, certified, mailroom

A, B = "a@corp.example", "b@corp.example"
CONTENT = b"Subject: hi\r\n\r\n.hidden\r\nlast line\r\n"
LOGIN = Login("gateway", "made-up-password")
THEIRS, OURS = certified()
LOOPBACK = "127.0.0.1"


def mail(port: int, **changes: Any) -> Mail:
    made = Mail(
        host=LOOPBACK,
        port=port,
        security="none",
        sender="gateway@corp.example",
        recipients=(A, B),
        content=CONTENT,
        timeout=10.0,
    )
    return replace(made, **changes)


async def failure(asked: Mail, smtp: Smtp | None = None) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await (smtp or Smtp(tls=OURS)).send(asked)
    assert LOGIN.password not in f"{caught.value!s} {caught.value!r}"
    assert caught.value.__cause__ is None
    return caught.value


def said(response: Response) -> Mapping[str, list[Any]]:
    made: Mapping[str, list[Any]] = decode(response.body)
    return made


async def test_a_mail_arrives_as_it_is_and_each_recipient_has_a_reply() -> None:
    async with mailroom() as room:
        response = await Smtp().send(mail(room.port))

    assert (room.taken[0].sender, room.taken[0].recipients) == ("gateway@corp.example", [A, B])
    assert room.taken[0].content == CONTENT
    assert (response.status, response.headers) == (250, {"command": "DATA"})
    assert said(response) == {A: [250, "2.0.0 Ok: queued"], B: [250, "2.0.0 Ok: queued"]}


async def test_starttls_encrypts_before_anything_is_said() -> None:
    async with mailroom(tls_context=THEIRS, require_starttls=True) as room:
        response = await Smtp(tls=OURS).send(mail(room.port, security="starttls"))

    assert response.status == 250
    assert [each.encrypted for each in room.taken] == [True]


async def test_starttls_is_never_left_out() -> None:
    async with mailroom() as room:
        error = await failure(mail(room.port, security="starttls", login=LOGIN))

    assert (error.reason, str(error)) == ("tls", "the server offers no STARTTLS")
    assert room.taken == []


async def test_implicit_tls_encrypts_from_the_start() -> None:
    async with mailroom(tls=THEIRS) as room:
        response = await Smtp(tls=OURS).send(mail(room.port, security="tls"))

    assert response.status == 250
    assert len(room.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(security: str) -> None:
    options = {"tls": THEIRS} if security == "tls" else {"tls_context": THEIRS}
    async with mailroom(**options) as room:
        error = await failure(mail(room.port, security=security), Smtp())

    assert (error.reason, error.ambiguous) == ("tls", False)
    assert "certificate" in str(error)
    assert room.taken == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_authorities_of_ones_own_vouch_for_the_server(security: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(theirs)
    files = TlsFiles(ca=tmp_path / "ca.pem")
    options = {"tls": theirs} if security == "tls" else {"tls_context": theirs}

    async with mailroom(**options) as room:
        response = await Smtp().send(mail(room.port, security=security, tls=files))

    assert response.status == 250
    assert len(room.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_of_another_host_is_refused(
    security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"tls": THEIRS} if security == "tls" else {"tls_context": THEIRS}

    async def resolved(_loop: object, _host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (LOOPBACK, port))]

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolved)
    async with mailroom(**options) as room:
        error = await failure(mail(room.port, security=security, host="mail.example"))

    assert error.reason == "tls"
    assert "mail.example" in str(error)


async def test_a_login_is_used() -> None:
    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True}
    async with mailroom(tls_context=THEIRS, **options) as room:
        response = await Smtp(tls=OURS).send(mail(room.port, security="starttls", login=LOGIN))

    assert response.status == 250
    assert [each.login for each in room.taken] == [True]


@pytest.mark.parametrize(
    ("login", "status", "command"), [(Login("gateway", "wrong"), 535, "AUTH"), (None, 530, "MAIL")]
)
async def test_a_wrong_or_missing_login_is_an_answer(
    login: Login | None, status: int, command: str
) -> None:
    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True}
    async with mailroom(tls_context=THEIRS, **options) as room:
        response = await Smtp(tls=OURS).send(mail(room.port, security="starttls", login=login))

    assert (response.status, response.headers["command"]) == (status, command)
    assert room.taken == []


async def test_a_server_without_auth_is_said_to_have_none() -> None:
    async with mailroom() as room:
        error = await failure(mail(room.port, login=LOGIN))

    assert str(error) == "the server offers no AUTH that is known here"


async def test_recipients_are_taken_put_off_and_refused_each_by_itself() -> None:
    recipients = (A, B, "c@corp.example")
    async with mailroom() as room:
        room.recipients = {A: "550 5.1.1 no such user", B: "451 4.3.0 later"}
        response = await Smtp().send(mail(room.port, recipients=recipients))

    assert room.taken[0].recipients == ["c@corp.example"]
    assert response.status == 250
    assert said(response) == {
        A: [550, "5.1.1 no such user"],
        B: [451, "4.3.0 later"],
        "c@corp.example": [250, "2.0.0 Ok: queued"],
    }


async def test_where_nobody_is_taken_nothing_is_handed_over() -> None:
    async with mailroom() as room:
        room.recipients = {A: "550 no such user", B: "451 later"}
        response = await Smtp().send(mail(room.port))

    assert room.taken == []
    assert (response.status, response.headers) == (451, {"command": "RCPT"})


async def test_a_server_that_closes_at_one_recipient_takes_none() -> None:
    async with mailroom() as room:
        room.recipients = {B: "421 4.3.2 shutting down"}
        response = await Smtp().send(mail(room.port))

    assert room.taken == []
    assert said(response) == {each: [421, "4.3.2 shutting down"] for each in (A, B)}


async def test_a_refused_sender_is_an_answer() -> None:
    async with mailroom() as room:
        room.sender = "550 5.7.1 not yours"
        response = await Smtp().send(mail(room.port))

    assert response == Response(status=550, headers={"command": "MAIL"}, body=b"5.7.1 not yours")


@pytest.mark.parametrize("announced", [True, False])
async def test_what_is_too_large_is_an_answer(announced: bool) -> None:
    content = b"Subject: hi\r\n\r\n" + b"x" * 70 + b"\r\n"
    async with mailroom(data_size_limit=50) as room:
        if not announced:
            room.data = "552 5.3.4 too big"
            content = b"Subject: hi\r\n\r\nx\r\n"
        response = await Smtp().send(mail(room.port, content=content))

    assert response.status == 552
    assert response.headers["command"] == ("MAIL" if announced else "DATA")


Script = Mapping[str, str | None]
"""What is replied to each verb: nothing at all for None, the end for the empty text."""


@asynccontextmanager
async def scripted(
    script: Script, before: Mapping[str, Callable[[], None]] | None = None
) -> AsyncIterator[int]:
    """A server that says what the script has, else that all is well.

    `before` says what is to happen before the reply to a verb.
    """
    connections: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        verb, usual = "CONNECT", {"CONNECT": "220 hi", "DATA": "354 go on", "QUIT": "221 bye"}
        while (reply := script.get(verb, usual.get(verb, "250 ok"))) != "":
            if before and verb in before:
                before[verb]()
            if reply is not None:
                writer.write(f"{reply}\r\n".encode())
            line = await (reader.readuntil(b"\r\n.\r\n") if verb == "DATA" else reader.readline())
            if not line:
                break
            verb = "." if verb == "DATA" else line[:4].decode().upper().strip()
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for each in connections:
            each.close()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_a_server_that_hangs_is_given_up(verb: str) -> None:
    async with scripted({verb: None}) as port:
        error = await failure(mail(port, timeout=0.3))

    assert error.reason == "timeout"
    assert error.ambiguous == (verb in {"DATA", "."})


async def test_mail_that_stood_still_until_its_time_was_over_is_not_sent() -> None:
    stand_still = partial(time.sleep, 0.8)
    async with scripted({}, before={"MAIL": stand_still}) as port:
        error = await failure(mail(port, timeout=0.5))

    assert (error.reason, error.ambiguous) == ("timeout", False)


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_a_server_that_hangs_up_leaves_it_open_only_once_data_was_said(verb: str) -> None:
    async with scripted({verb: ""}) as port:
        error = await failure(mail(port))

    assert error.reason == "network"
    assert error.ambiguous == (verb in {"DATA", "."})


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "."])
async def test_what_is_no_reply_is_a_broken_connection(verb: str) -> None:
    async with scripted({verb: "HTTP/1.1 400 Bad Request"}) as port:
        error = await failure(mail(port))

    assert error.reason == "network"
    assert "not SMTP" in str(error)


@pytest.mark.parametrize("reply", [None, "", "500 what"])
async def test_a_bad_farewell_changes_nothing(reply: str | None) -> None:
    async with scripted({"QUIT": reply}) as port:
        response = await Smtp().send(mail(port))

    assert response.status == 250


async def test_a_greeting_that_refuses_is_an_answer() -> None:
    async with scripted({"CONNECT": "554 no service"}) as port:
        response = await Smtp().send(mail(port))

    assert response == Response(status=554, headers={"command": "CONNECT"}, body=b"no service")


@pytest.mark.parametrize("verb", ["EHLO", "STARTTLS"])
async def test_plain_text_behind_tls_is_a_tls_failure(verb: str) -> None:
    security = "tls" if verb == "EHLO" else "starttls"
    script = {"EHLO": "250 STARTTLS", "STAR": "220 go on"}
    async with scripted(script) as port:
        error = await failure(mail(port, security=security, timeout=2.0))

    assert (error.reason, error.ambiguous) == ("tls", False)


async def test_nothing_listens() -> None:
    error = await failure(mail(unused_port()))

    assert (error.reason, error.ambiguous) == ("network", False)
    assert str(error) == "the connection broke at CONNECT: connection refused"


async def test_a_name_that_nobody_knows() -> None:
    error = await failure(mail(25, host="no-such-host.invalid"))

    assert (error.reason, error.ambiguous) == ("dns", False)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "::ffff:169.254.169.254", "0xa9fea9fe", "fe80::1"]
)
async def test_metadata_is_never_reached(host: str) -> None:
    error = await failure(mail(25, host=host))

    assert isinstance(error, Blocked)


async def test_the_rules_hold_and_may_be_changed() -> None:
    rules = Rules(deny=[ip_network("127.0.0.0/8")])
    smtp = Smtp(rules)
    async with mailroom() as room:
        error = await failure(mail(room.port), smtp)
        rules.allow = [ip_network("127.0.0.1/32")]
        response = await smtp.send(mail(room.port))

    assert isinstance(error, Blocked)
    assert (response.status, len(room.taken)) == (250, 1)


async def test_the_next_address_is_tried_where_the_first_is_denied_or_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolved(_loop: object, host: str, port: int, **_: Any) -> list[Any]:
        found = ["169.254.1.1", "127.0.0.9", LOOPBACK] if host == "mail.example" else [host]
        return [(2, 1, 6, "", (address, port)) for address in found]

    async with mailroom() as room:
        monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolved)
        response = await Smtp().send(mail(room.port, host="mail.example"))

    assert response.status == 250
