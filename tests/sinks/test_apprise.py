from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.model.exchange import (
    Delivered,
    Message,
    Notification,
    Outcome,
    Refused,
    Response,
    TryAgain,
)
from gateway.sinks.apprise import Apprise, AppriseSettings

URL = "tgram://123456789:made-up-token/made-up-chat"
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def apprise(**settings: Any) -> Apprise:
    section = {"type": "apprise", "url": URL, **settings}
    return Apprise("push", AppriseSettings.model_validate(section))


def test_the_first_line_is_the_title(message: Make, exchange: Run) -> None:
    requests, outcome = exchange(
        apprise(timeout="7s"),
        message(body="\n1 new\n\nHIGH  x\n"),
        Response(status=200, body=b"sent"),
    )

    assert requests == [
        Notification(address=URL, title="1 new", text="HIGH  x", kind="failure", timeout=7.0)
    ]
    assert outcome == Delivered(status=200, detail="sent")


def test_a_title_alone_is_the_text_too(message: Make, exchange: Run) -> None:
    requests, _ = exchange(apprise(), message(body="1 new"), Response(status=200))

    assert (requests[0].title, requests[0].text) == ("1 new", "1 new")


@pytest.mark.parametrize(
    ("action", "severity", "kind"),
    [
        ("create", "critical", "failure"),
        ("update", "high", "failure"),
        ("create", "medium", "warning"),
        ("create", "", "warning"),
        ("close", "critical", "success"),
    ],
)
def test_how_grave_it_is_decides_its_kind(
    message: Make, exchange: Run, action: str, severity: str, kind: str
) -> None:
    told = message(body="x", action=action, severity=severity)

    requests, _ = exchange(apprise(), told, Response(status=200))

    assert requests[0].kind == kind


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (502, TryAgain(reason="server_error", status=502, detail="no")),
        (400, Refused(reason="bad_request", status=400, detail="no")),
    ],
)
def test_what_did_not_work_is_tried_again_and_what_cannot_is_not(
    message: Make, exchange: Run, status: int, expected: Outcome
) -> None:
    _, outcome = exchange(apprise(), message(), Response(status=status, body=b"no"))

    assert outcome == expected


def test_an_empty_message_is_refused_unsent(message: Make, exchange: Run) -> None:
    requests, outcome = exchange(apprise(), message(body=" \n"), Response(status=200))

    assert requests == []
    assert isinstance(outcome, Refused)
    assert apprise().faults(message(body=" \n"))


def test_nothing_of_the_address_but_the_service_is_shown(message: Make, exchange: Run) -> None:
    requests, _ = exchange(apprise(), message(), Response(status=200))

    assert requests[0].url.reveal() == "tgram://"
    for shown in (repr(requests), str(requests[0].url), repr(apprise().settings)):
        assert "made-up" not in shown
        assert "123456789" not in shown


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "push.example"}, "not a URL of Apprise"),
        ({"url": "ntfy://a b"}, "not a URL of Apprise"),
        ({"proxy": "http://proxy.example:3128"}, "connects by itself"),
        ({"tls": {"ca": "missing.pem"}}, "connects by itself"),
    ],
)
def test_wrong_settings_are_problems(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        apprise(**settings)
