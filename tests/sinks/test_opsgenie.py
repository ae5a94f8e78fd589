from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.codec import decode, encode
from gateway.errors import TransportError
from gateway.model.exchange import Delivered, Message, Outcome, Refused, Request, Response, TryAgain
from gateway.settings.secrets import Secret
from gateway.sinks.opsgenie import Opsgenie, OpsgenieSettings
from gateway.sinks.opsgenie_status import Promise
from tests.exchanges import exchanged

KEY = "made-up-api-key"
ALIAS = "a1" * 32
PATHS = {
    "create": "",
    "update": f"/{ALIAS}/notes?identifierType=alias",
    "close": f"/{ALIAS}/close?identifierType=alias",
}
ACCEPTED = Response(
    status=202, body=b'{"result":"Request will be processed","took":0.1,"requestId":"r-1"}'
)
Make = Callable[..., Message]
Run = Callable[..., tuple[list[Any], Outcome]]


def opsgenie(**settings: Any) -> Opsgenie:
    section = {"type": "opsgenie", "api_key": KEY, "verify": False, **settings}
    return Opsgenie("oncall", OpsgenieSettings.model_validate(section))


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://api.opsgenie.com/v2/alerts"),
        ({"region": "eu"}, "https://api.eu.opsgenie.com/v2/alerts"),
        ({"region": "jsm"}, "https://api.atlassian.com/jsm/ops/integration/v2/alerts"),
        ({"url": "http://127.0.0.1:9/x/"}, "http://127.0.0.1:9/x/v2/alerts"),
        (
            {"region": "jsm", "url": "http://127.0.0.1:9"},
            "http://127.0.0.1:9/jsm/ops/integration/v2/alerts",
        ),
    ],
)
@pytest.mark.parametrize("action", sorted(PATHS))
def test_each_step_has_its_address(
    message: Make, exchange: Run, settings: dict[str, str], url: str, action: str
) -> None:
    requests, outcome = exchange(opsgenie(**settings), message(action=action), ACCEPTED)

    assert [(each.method, each.url.reveal()) for each in requests] == [
        ("POST", url + PATHS[action])
    ]
    assert requests[0].headers["Authorization"] == f"GenieKey {KEY}"
    assert isinstance(outcome, Delivered)
    assert ("priority" in (outcome.receipt or {})) == (action != "close")


def test_an_alias_cannot_leave_its_place_in_the_path(message: Make, exchange: Run) -> None:
    requests, _ = exchange(opsgenie(), message(action="close", alias="../x?y"), ACCEPTED)

    assert "/v2/alerts/..%2Fx%3Fy/close?" in requests[0].url.reveal()


def test_creating_says_who_responds_and_how_urgent_it_is(message: Make, exchange: Run) -> None:
    sink = opsgenie(
        responders=["team:{{ labels.team }}"], tags=["snyk"], details={"env": "prod"}, priority="P2"
    )
    values = {**sink.values, "responders": ["team:payments"]}
    made = {
        "message": "1 new critical in acme/shop",
        "description": "SNYK-JS-MADEUP-1",
        "tags": ["critical"],
        "details": {"cvss": 9.8, "env": "from the template"},
        "unknown": 1,
    }

    requests, _ = exchange(sink, message(body=encode(made).decode(), values=values), ACCEPTED)

    assert decode(requests[0].body) == {
        "message": "1 new critical in acme/shop",
        "description": "SNYK-JS-MADEUP-1",
        "alias": ALIAS,
        "priority": "P2",
        "responders": [{"type": "team", "name": "payments"}],
        "tags": ["critical", "snyk"],
        "details": {"cvss": "9.8", "env": "prod"},
    }


@pytest.mark.parametrize(
    ("severity", "values", "expected"),
    [
        ("critical", {}, "P1"),
        ("high", {}, "P2"),
        ("medium", {}, "P3"),
        ("low", {}, "P4"),
        ("", {}, "P3"),
        ("apocalyptic", {}, "P3"),
        ("low", {"priority": "P1"}, "P1"),
        ("low", {"priority": "P9"}, "P4"),
    ],
)
def test_the_priority_follows_the_severity_unless_set(
    message: Make, exchange: Run, severity: str, values: dict[str, str], expected: str
) -> None:
    requests, _ = exchange(opsgenie(), message(severity=severity, values=values), ACCEPTED)

    assert decode(requests[0].body)["priority"] == expected


@pytest.mark.parametrize("action", ["update", "close"])
@pytest.mark.parametrize(
    ("made", "note"),
    [
        ({"message": "m", "note": "2 fixed"}, "2 fixed"),
        ({"message": "m"}, "m"),
        ({}, "Changed at Snyk"),
        ({"note": "x" * 25_001}, "x" * 24_999 + "…"),
    ],
)
def test_later_steps_carry_a_note_only(
    message: Make, exchange: Run, action: str, made: dict[str, str], note: str
) -> None:
    sent = message(action=action, body=encode({**made, "source": "gateway"}).decode())

    requests, _ = exchange(opsgenie(responders=["team:a"]), sent, ACCEPTED)

    assert decode(requests[0].body) == {"note": note, "source": "gateway"}


def test_an_alert_without_a_message_is_created_all_the_same(message: Make, exchange: Run) -> None:
    requests, _ = exchange(opsgenie(), message(body="{}"), ACCEPTED)

    assert decode(requests[0].body)["message"] == "Snyk alert"


def test_what_the_limits_cut_is_said(message: Make) -> None:
    body = encode({"message": "x" * 131}).decode()

    assert opsgenie().faults(message(body=body)) == [
        "message has 131 characters, Opsgenie takes 130"
    ]
    assert opsgenie().faults(message(body="no json")) == ["the message is not a JSON object"]
    assert opsgenie().faults(message()) == []


@pytest.mark.parametrize(
    ("action", "status", "reason", "endpoint"),
    [
        ("create", 401, "unauthorised", True),
        ("create", 402, "refused", True),
        ("update", 403, "forbidden", True),
        ("create", 404, "not_found", True),
        ("close", 404, "not_found", False),
        ("create", 422, "bad_request", False),
    ],
)
def test_key_plan_and_right_are_the_endpoint(
    message: Make, exchange: Run, action: str, status: int, reason: str, *, endpoint: bool
) -> None:
    _, outcome = exchange(opsgenie(), message(action=action), Response(status=status))

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == (reason, endpoint)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-ratelimit-period-in-sec": "60"}, 60.0),
        ({"x-ratelimit-period-in-sec": "60", "retry-after": "5"}, 5.0),
        ({"x-ratelimit-period-in-sec": "soon"}, None),
        ({}, None),
    ],
)
def test_throttling_waits_for_its_period(
    message: Make, exchange: Run, headers: dict[str, str], expected: float | None
) -> None:
    _, outcome = exchange(opsgenie(), message(), Response(status=429, headers=headers))

    assert isinstance(outcome, TryAgain)
    assert outcome.retry_after == expected


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"requestId":1}'])
def test_an_answer_without_a_request_id_is_all_there_is_to_know(
    message: Make, exchange: Run, body: bytes
) -> None:
    requests, outcome = exchange(
        opsgenie(verify=True), message(action="close"), Response(status=202, body=body)
    )

    assert len(requests) == 1
    assert isinstance(outcome, Delivered)
    assert outcome.receipt is None


def test_a_key_that_would_break_the_header_is_not_sent(message: Make, exchange: Run) -> None:
    requests, outcome = exchange(opsgenie(api_key=Secret("a\r\nb")), message(), ACCEPTED)

    assert requests == []
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.endpoint) == ("bad_request", True)


def test_values_are_the_settings_that_are_set() -> None:
    assert opsgenie().values == {}
    assert opsgenie(priority="{{ labels.priority }}").values == {
        "priority": "{{ labels.priority }}"
    }


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"responders": ["squad:a"]}, "not a responder"),
        ({"responders": ["payments"]}, "not a responder"),
        ({"priority": "P0"}, "not a priority"),
        ({"region": "uk"}, "'us', 'eu' or 'jsm'"),
        ({"api_key": ""}, "the secret is empty"),
        ({"url": "api.example.com"}, "not a URL"),
    ],
)
def test_wrong_settings_are_problems(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        opsgenie(**settings)


def asked(
    told: Message,
    *answers: Response | TransportError,
    receipt: Mapping[str, str] | None = None,
    **settings: Any,
) -> tuple[list[Request], Outcome]:
    """What is asked after the first answer, and the outcome; the last answer stays."""
    sink = opsgenie(**{"verify": True, **settings})
    return exchanged(sink.deliver(told, receipt), *answers)


def status(*, done: bool, text: str = "Created alert") -> Response:
    return Response(status=200, body=encode({"data": {"isSuccess": done, "status": text}}))


PENDING = Response(status=404)


@pytest.mark.parametrize("region", ["us", "jsm"])
def test_a_promise_is_asked_after_until_it_is_known(message: Make, region: str) -> None:
    requests, outcome = asked(message(), ACCEPTED, PENDING, status(done=True), region=region)

    looks = [(each.method, each.after) for each in requests[1:]]
    assert looks == [("GET", 1.0), ("GET", 2.0)]
    assert requests[1].url.reveal().endswith("/v2/alerts/requests/r-1")
    assert requests[1].headers["Authorization"] == f"GenieKey {KEY}"
    assert isinstance(outcome, Delivered)


def test_jira_service_management_does_not_wrap_the_status(message: Make) -> None:
    plain = Response(status=200, body=b'{"isSuccess":true,"status":"Created alert"}')

    _, outcome = asked(message(), ACCEPTED, plain, region="jsm")

    assert isinstance(outcome, Delivered)


def test_what_failed_after_it_was_accepted_is_refused(message: Make) -> None:
    _, outcome = asked(message(), ACCEPTED, status(done=False, text="Team is not found"))

    assert isinstance(outcome, Refused)
    assert "Team is not found" in outcome.detail


@pytest.mark.parametrize(
    ("action", "expected"), [("create", Refused), ("update", Delivered), ("close", Delivered)]
)
def test_what_does_not_exist_needs_no_note_and_no_close(
    message: Make, action: str, expected: type[Outcome]
) -> None:
    gone = status(done=False, text="Alert does not exist")

    _, outcome = asked(message(action=action), ACCEPTED, gone)

    assert isinstance(outcome, expected)


@pytest.mark.parametrize(
    "answer", [PENDING, Response(status=503), Response(status=200, body=b'{"isSuccess":"soon"}')]
)
def test_what_is_not_known_yet_is_asked_after_by_the_next_try(
    message: Make, answer: Response
) -> None:
    first = message(action="close")

    requests, outcome = asked(first, ACCEPTED, answer)
    assert len(requests) == 4
    assert isinstance(outcome, TryAgain)
    assert outcome.reason == "unconfirmed"

    later = replace(first, timestamp=first.timestamp + 10)
    requests, outcome = asked(later, status(done=True), receipt=outcome.receipt)
    assert [(each.method, each.after) for each in requests] == [("GET", 0)]
    assert isinstance(outcome, Delivered)


def test_nothing_overtakes_what_is_not_known_yet(message: Make) -> None:
    """A close would find no alert yet, and leave open what is made a moment later."""
    _, outcome = asked(message(), ACCEPTED, PENDING)

    assert isinstance(outcome, TryAgain)
    assert outcome.ambiguous


def test_a_look_that_gets_no_answer_loses_no_promise(message: Make) -> None:
    """Asked for anew, an update would add its note twice."""
    update = message(action="update")

    _, outcome = asked(update, ACCEPTED, TransportError("timeout", "no answer"))

    assert isinstance(outcome, TryAgain)
    assert (outcome.reason, outcome.ambiguous) == ("timeout", True)
    requests, _ = asked(update, status(done=True), receipt=outcome.receipt)
    assert [each.method for each in requests] == ["GET"]


def test_a_look_that_is_throttled_waits_for_its_period(message: Make) -> None:
    throttled = Response(status=429, headers={"x-ratelimit-period-in-sec": "60"})

    requests, outcome = asked(message(), ACCEPTED, throttled)

    assert len(requests) == 2
    assert isinstance(outcome, TryAgain)
    assert (outcome.reason, outcome.retry_after) == ("rate_limited", 60.0)
    assert (outcome.receipt or {})["request_id"] == "r-1"


def test_what_has_failed_by_the_next_try_is_asked_for_anew(message: Make) -> None:
    failed = status(done=False, text="Team is not found")
    _, outcome = asked(message(), ACCEPTED, PENDING)
    assert isinstance(outcome, TryAgain)

    requests, outcome = asked(
        message(), failed, ACCEPTED, status(done=True), receipt=outcome.receipt
    )

    assert [each.method for each in requests] == ["GET", "POST", "GET"]
    assert isinstance(outcome, Delivered)


def test_a_promise_of_another_day_is_not_asked_after(message: Make) -> None:
    """An operator tries again what died: by now the status of the old request may be forgotten."""
    told = message()
    _, outcome = asked(told, ACCEPTED, PENDING)
    assert isinstance(outcome, TryAgain)

    later = replace(told, timestamp=told.timestamp + 86_400)
    requests, _ = asked(later, ACCEPTED, status(done=True), receipt=outcome.receipt)

    assert [each.method for each in requests] == ["POST", "GET"]


def test_a_note_on_what_was_never_confirmed_to_be_there_is_refused(message: Make) -> None:
    told, gone = message(), status(done=False, text="Alert does not exist")
    update = message(action="update", identity="2e" * 32)
    _, first = asked(told, ACCEPTED, PENDING)
    assert isinstance(first, TryAgain)
    minute = replace(told, timestamp=told.timestamp + 60)
    _, opened = asked(minute, PENDING, receipt=first.receipt)
    assert isinstance(opened, Delivered)
    doubted = dict(opened.receipt or {})

    _, refused = asked(update, ACCEPTED, gone, region="jsm", receipt=doubted)
    _, noted = asked(update, ACCEPTED, status(done=True), region="jsm", receipt=doubted)

    assert isinstance(refused, Refused)
    assert isinstance(noted, Delivered)
    believed = {**doubted, **(noted.receipt or {})}
    later = message(action="update", identity="3f" * 32)
    assert isinstance(asked(later, ACCEPTED, gone, region="jsm", receipt=believed)[1], Delivered)


def test_a_message_of_blanks_is_none(message: Make) -> None:
    blank = message(body=encode({"message": " \n", "note": "\t"}).decode())

    requests, _ = asked(blank, ACCEPTED, verify=False)
    notes, _ = asked(replace(blank, action="update"), ACCEPTED, verify=False)

    assert decode(requests[0].body)["message"] == "Snyk alert"
    assert decode(notes[0].body) == {"note": "Changed at Snyk"}


@pytest.mark.parametrize(("region", "faults"), [("eu", 1), ("jsm", 0)])
def test_what_an_update_cuts_in_place_is_said(message: Make, region: str, faults: int) -> None:
    body = encode({"description": "x" * 15_001, "note": "n"}).decode()

    assert len(opsgenie(region=region).faults(message(action="update", body=body))) == faults


def test_no_exchange_is_longer_than_it_says(message: Make) -> None:
    update = message(action="update", body=encode(AFTER).decode())
    failed = status(done=False, text="Team is not found")
    known = {"message": "x", "description": "x", "priority": "x",
             **Promise("r-0", update.identity, update.timestamp).receipt}  # fmt: skip

    requests, _ = asked(update, failed, *[ACCEPTED] * 4, PENDING, receipt=known)

    assert len(requests) == Opsgenie.requests


def test_a_promise_counts_as_kept_after_a_minute(message: Make) -> None:
    first = message()
    _, outcome = asked(first, ACCEPTED, PENDING)
    assert isinstance(outcome, TryAgain)

    later = replace(first, timestamp=first.timestamp + 60)
    _, outcome = asked(later, PENDING, receipt=outcome.receipt)

    assert isinstance(outcome, Delivered)
    assert outcome.detail == "accepted, and not confirmed within 60 s"
    assert "priority" in (outcome.receipt or {})


def test_the_promise_of_another_delivery_is_not_asked_after(message: Make) -> None:
    _, outcome = asked(message(), ACCEPTED, PENDING)
    assert isinstance(outcome, TryAgain)

    requests, _ = asked(message(identity="2e" * 32), ACCEPTED, receipt=outcome.receipt)

    assert requests[0].method == "POST"


def test_who_may_not_read_a_status_takes_the_promise(message: Make) -> None:
    _, outcome = asked(message(), ACCEPTED, Response(status=403, body=b"no right"))

    assert isinstance(outcome, Delivered)
    assert outcome.detail == "accepted; its status cannot be read: no right"


BEFORE = {"message": "2 issues", "description": "a, b", "note": "n"}
AFTER = {**BEFORE, "message": "3 issues"}


@pytest.mark.parametrize(("region", "changed"), [("eu", ["message", "priority"]), ("jsm", [])])
def test_an_update_puts_in_place_what_has_changed(
    message: Make, region: str, changed: list[str]
) -> None:
    opened = message(body=encode(BEFORE).decode(), severity="high")
    _, outcome = asked(opened, ACCEPTED, region=region, verify=False)
    assert isinstance(outcome, Delivered)
    worse = message(action="update", body=encode(AFTER).decode(), severity="critical")

    requests, outcome = asked(worse, ACCEPTED, region=region, verify=False, receipt=outcome.receipt)

    puts = [each for each in requests if each.method == "PUT"]
    assert [decode(each.body) for each in puts] == [
        {"message": "3 issues"}, {"priority": "P1"}
    ][: len(changed)]  # fmt: skip
    assert [each.url.reveal().split("/")[-1] for each in puts] == [
        f"{name}?identifierType=alias" for name in changed
    ]
    assert requests[-1].url.reveal().endswith(PATHS["update"])
    assert isinstance(outcome, Delivered)


def test_an_update_that_fails_on_its_way_is_made_anew(message: Make) -> None:
    known = {"message": "something else"}
    told = message(action="update", body=encode(AFTER).decode())

    requests, outcome = asked(told, Response(status=503), receipt=known)

    assert [each.method for each in requests] == ["PUT"]
    assert isinstance(outcome, TryAgain)


def test_the_end_of_the_api_is_told_with_the_way_out() -> None:
    def warned(**section: Any) -> list[str]:
        given = {"type": "opsgenie", "api_key": KEY, **section}
        return [text for _, text in OpsgenieSettings.model_validate(given).warnings()]

    assert "2027-04-05" in warned()[0]
    assert "region: jsm" in warned(region="eu")[0]
    assert warned(region="jsm") == []


def test_jira_service_management_wants_ids() -> None:
    names = ["team:payments", "user:{{ labels.x }}", "team:4513b7ea-3b91-438f-b7e4-e3e54af9147c"]
    given = {"type": "opsgenie", "api_key": KEY, "region": "jsm", "responders": names}

    found = OpsgenieSettings.model_validate(given).warnings()

    assert [place for place, _ in found] == [("responders", 0)]
