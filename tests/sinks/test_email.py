import email
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, cast

import pytest
from pydantic import ValidationError

from gateway.codec import encode
from gateway.model.exchange import (
    Delivered,
    Login,
    Mail,
    Message,
    Outcome,
    Refused,
    Response,
    TryAgain,
)
from gateway.sinks.email import Email, EmailSettings
from tests.exchanges import exchanged

A, B, C = "a@corp.example", "b@corp.example", "c@corp.example"
BODY = "2 new issues · acme/shop\n\nHIGH  Prototype Pollution\n"
MESSAGE = Message(
    action="create",
    alias="a1" * 32,
    identity="1d" * 32,
    timestamp=1_790_000_000,
    body=BODY,
    also={"html": "<p>HIGH"},
    values={"to": [A, B]},
)
OK, LATER, NOBODY = (250, "Ok"), (450, "4.2.0 greylisted"), (550, "5.1.1 no such user")


def sink(**settings: Any) -> Email:
    section = {"host": "smtp.example", "from": "gateway@corp.example", "to": [A, B], **settings}
    return Email("mail", EmailSettings.model_validate({"type": "email", **section}))


def sent(
    told: Email,
    answer: Response,
    receipt: Mapping[str, str] | None = None,
    message: Message = MESSAGE,
) -> tuple[Mail | None, Outcome]:
    """The mail, None where there was none to send, and the outcome."""
    requests, outcome = exchanged(told.deliver(message, receipt), answer)
    assert len(requests) <= 1
    return (cast("Mail", requests[0]) if requests else None), outcome


def replies(command: str = "DATA", **each: tuple[int, str]) -> Response:
    """What the server replied to each recipient, named by the first letter of its address."""
    said = {f"{name}@corp.example": reply for name, reply in each.items()}
    status = min(code for code, _ in each.values())
    return Response(status=status, headers={"command": command}, body=encode(said))


def read(mail: Mail | None) -> EmailMessage:
    assert mail is not None
    return email.message_from_bytes(mail.content, policy=SMTP)


def test_one_mail_goes_to_everybody() -> None:
    mail, outcome = sent(sink(), replies(a=OK, b=OK))

    assert mail is not None
    assert (mail.host, mail.port, mail.security, mail.login) == (
        "smtp.example",
        587,
        "starttls",
        None,
    )
    assert (mail.sender, mail.recipients) == ("gateway@corp.example", (A, B))
    assert (read(mail)["Subject"], read(mail)["To"]) == ("2 new issues · acme/shop", f"{A}, {B}")
    text, html = read(mail).iter_parts()
    assert cast("EmailMessage", text).get_content().startswith("HIGH  Prototype")
    assert cast("EmailMessage", html).get_content().startswith("<p>HIGH")
    assert outcome == Delivered(status=250, detail="250 Ok")


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_the_security(security: str, port: int) -> None:
    mail, _ = sent(sink(security=security), replies(a=OK, b=OK))
    other, _ = sent(sink(security=security, port=2525), replies(a=OK, b=OK))

    assert mail is not None
    assert other is not None
    assert (mail.port, other.port) == (port, 2525)


def test_a_login_is_handed_over_and_never_shown() -> None:
    mail, _ = sent(sink(username="gateway", password="made-up-password"), replies(a=OK, b=OK))

    assert mail is not None
    assert mail.login == Login("gateway", "made-up-password")
    assert "made-up-password" not in repr(mail)


def test_what_is_shown_of_a_mail_is_its_envelope_and_content() -> None:
    mail, _ = sent(sink(security="tls"), replies(a=OK, b=OK))

    assert mail is not None
    assert (mail.method, mail.url.reveal()) == ("MAIL", "smtps://smtp.example:465")
    assert mail.headers == {"MAIL FROM": "gateway@corp.example", "RCPT TO": f"{A}, {B}"}
    assert mail.body == mail.content


def test_mails_of_one_alert_are_one_thread() -> None:
    first, _ = sent(sink(), replies(a=OK, b=OK))
    message = Message(**{**_fields(MESSAGE), "identity": "2e" * 32})
    second, _ = sent(sink(), replies(a=OK, b=OK), message=message)

    assert read(first)["References"] == read(second)["References"]
    assert read(first)["Message-ID"] != read(second)["Message-ID"]


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__dataclass_fields__}


def test_the_next_try_goes_only_to_those_who_lack_it() -> None:
    _, first = sent(sink(), replies(a=OK, b=LATER))

    assert first == TryAgain(
        reason="rate_limited",
        status=450,
        detail="1 of 2 recipients may have it later: 450 4.2.0 greylisted",
        receipt={"mail": "1d" * 32, "told": A, "refused": ""},
    )
    mail, second = sent(sink(), replies(b=OK), first.receipt)
    assert mail is not None
    assert mail.recipients == (B,)
    assert read(mail)["To"] == f"{A}, {B}"
    assert isinstance(second, Delivered)


def test_who_was_refused_is_not_asked_again() -> None:
    _, first = sent(sink(), replies("RCPT", a=NOBODY, b=LATER))

    assert isinstance(first, TryAgain)
    mail, second = sent(sink(), replies("RCPT", b=NOBODY), first.receipt)
    assert mail is not None
    assert mail.recipients == (B,)
    assert second == Refused(reason="not_found", status=550, detail="550 5.1.1 no such user")


def test_a_receipt_of_another_delivery_counts_for_nothing() -> None:
    mail, _ = sent(sink(), replies(a=OK, b=OK), {"mail": "9f" * 32, "told": A, "refused": B})

    assert mail is not None
    assert mail.recipients == (A, B)


@pytest.mark.parametrize(
    ("told", "refused", "kind"),
    [(f"{A} {B}", "", Delivered), (A, B, Delivered), ("", f"{A} {B}", Refused)],
)
def test_where_nobody_is_left_nothing_is_sent(told: str, refused: str, kind: type) -> None:
    receipt = {"mail": "1d" * 32, "told": told, "refused": refused}

    mail, outcome = sent(sink(), replies(a=OK), receipt)

    assert mail is None
    assert isinstance(outcome, kind)


def test_a_refused_recipient_is_counted_once_the_others_have_it() -> None:
    _, outcome = sent(sink(), replies(a=OK, b=NOBODY))

    assert outcome == Delivered(
        status=250, detail="1 of 2 recipients refused: 550 5.1.1 no such user"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (replies("RCPT", a=NOBODY, b=NOBODY), Refused(reason="not_found")),
        (replies(a=(554, "spam"), b=(554, "spam")), Refused(reason="refused")),
        (replies(a=(552, "too big"), b=(552, "too big")), Refused(reason="too_large")),
        (replies("RCPT", a=(552, "full"), b=(552, "full")), Refused(reason="refused")),
        (replies("RCPT", a=LATER, b=LATER), TryAgain(reason="rate_limited")),
        (replies(a=(451, "no disk"), b=(451, "no disk")), TryAgain(reason="server_error")),
        (replies("RCPT", a=(421, "bye"), b=(421, "bye")), TryAgain(reason="server_error")),
        (("CONNECT", 554), Refused(reason="forbidden", endpoint=True)),
        (("CONNECT", 421), TryAgain(reason="server_error")),
        (("STARTTLS", 454), TryAgain(reason="server_error")),
        (("AUTH", 535), Refused(reason="unauthorised", endpoint=True)),
        (("AUTH", 454), TryAgain(reason="server_error")),
        (("MAIL", 530), Refused(reason="unauthorised", endpoint=True)),
        (("MAIL", 550), Refused(reason="forbidden", endpoint=True)),
        (("MAIL", 552), Refused(reason="too_large")),
    ],
)
def test_the_reply_and_what_it_is_to_decide(
    answer: Response | tuple[str, int], expected: Refused | TryAgain
) -> None:
    if isinstance(answer, tuple):
        command, status = answer
        answer = Response(status=status, headers={"command": command}, body=b"said")

    _, outcome = sent(sink(), answer)

    assert isinstance(outcome, type(expected))
    assert (outcome.reason, outcome.status) == (expected.reason, answer.status)
    assert getattr(outcome, "endpoint", False) == getattr(expected, "endpoint", False)
    assert getattr(outcome, "receipt", None) is None


def test_a_reply_that_repeats_the_password_is_starred() -> None:
    told = sink(username="gateway", password="made-up-password")

    _, outcome = sent(told, Response(status=535, body=b"no: made-up-password"))

    assert outcome.detail == "535 no: **********"


def test_a_worked_out_text_may_hold_several_addresses() -> None:
    message = Message(**{**_fields(MESSAGE), "values": {"to": [f"{A}, {C}", A, "nobody"]}})

    mail, _ = sent(sink(), replies(a=OK, c=OK), message=message)

    assert mail is not None
    assert mail.recipients == (A, C)
    assert sink().faults(message) == ["'nobody' is not an e-mail address; it is left out"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"values": {"to": ["", "nobody"]}}, "bad_request"),
        ({"body": " \n"}, "bad_request"),
        ({"body": "x\n" + "é" * 2_000_000}, "too_large"),
    ],
)
def test_what_cannot_be_sent_is_refused_unsent(changes: dict[str, Any], reason: str) -> None:
    message = Message(**{**_fields(MESSAGE), **changes})

    mail, outcome = sent(sink(), replies(a=OK), message=message)

    assert mail is None
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == (reason, False)
    assert sink().faults(message)


def test_a_long_subject_is_cut() -> None:
    message = Message(**{**_fields(MESSAGE), "body": "é" * 300})

    mail, _ = sent(sink(), replies(a=OK, b=OK), message=message)

    assert read(mail)["Subject"] == "é" * 199 + "…"
    assert sink().faults(message) == ["the subject has 300 characters, 200 are sent"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"host": "https://smtp.example"}, "not a host"),
        ({"host": "smtp.example:587"}, "not a host"),
        ({"from": "gateway"}, "not an e-mail address"),
        ({"reply_to": "a@b, c@d"}, "not an e-mail address"),
        ({"to": []}, "at least 1"),
        ({"to": ["a@corp.example, nobody"]}, "not an e-mail address"),
        ({"security": "ssl"}, "starttls"),
        ({"username": "gateway"}, "go together"),
        ({"password": "made-up-password"}, "go together"),
        ({"proxy": "http://proxy.example:3128"}, "directly"),
        ({"port": 0}, "greater than"),
    ],
)
def test_wrong_settings_are_problems(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        sink(**settings)


@pytest.mark.parametrize("host", ["smtp.example", "mail_server", "192.0.2.1", "2001:db8::1"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    mail, _ = sent(sink(host=host), replies(a=OK, b=OK))

    assert mail is not None
    assert mail.host == host


def test_variables_that_are_not_there_stand_for_addresses() -> None:
    unset = "unset-MAIL-placeholder"

    mail, _ = sent(sink(host=unset, to=[unset], **{"from": unset}), replies(a=OK))

    assert mail is not None
    assert mail.sender == f"{unset}@unset.invalid"


def test_a_password_in_the_clear_is_warned_of() -> None:
    login = {"username": "gateway", "password": "made-up-password"}

    assert sink(security="none", **login).settings.warnings()
    assert not sink(security="none").settings.warnings()
    assert not sink(**login).settings.warnings()
