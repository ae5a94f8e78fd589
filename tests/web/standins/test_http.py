import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from gateway.web.standins.http import Http
from gateway.web.standins.standin import Answer, Call

SECRET = "whsec_" + base64.b64encode(b"made-up-secret-of-32-bytes-length").decode()
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
BODY = '{"type":"alert","route":"page","alert":{"status":"firing"}}'


def headers(identity: str = "id-1", body: str = BODY, at: datetime = NOW) -> dict[str, str]:
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(identity, at, body),
    }


def receive(http: Http, body: str = BODY, **changed: str) -> Answer:
    sent = headers(body=body) | {name.replace("_", "-"): text for name, text in changed.items()}
    return http.answer(Call(method="POST", path="", headers=sent, body=body.encode()))


def receiver() -> Http:
    return Http(SECRET, NOW.timestamp)


def test_what_the_reference_library_signed_is_taken() -> None:
    http = receiver()

    answer = receive(http)

    assert answer.status == 200
    assert [(each.what, each.text, each.faults) for each in http.received] == [
        ("open", "alert page", ())
    ]


def test_a_resolved_alert_is_told_apart() -> None:
    http = receiver()

    receive(http, BODY.replace("firing", "resolved"))

    assert http.received[0].what == "resolved"


def test_a_repeated_id_is_taken_once() -> None:
    http = receiver()

    answers = [receive(http).status, receive(http).status]

    assert (answers, len(http.received)) == ([200, 200], 1)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"webhook_id": "id-2"}, "wrong signature"),
        ({"webhook_signature": "v1,nönsense"}, "wrong signature"),
        ({"webhook_signature": ""}, "wrong signature"),
        ({"webhook_timestamp": "1"}, "no timestamp of now"),
        ({"webhook_timestamp": "now"}, "no timestamp of now"),
        ({"webhook_id": ""}, "no webhook-id"),
    ],
)
def test_what_is_not_signed_is_refused(changed: dict[str, str], fault: str) -> None:
    http = receiver()

    answer = receive(http, **changed)

    assert answer.status == 401
    assert fault in http.received[0].faults


def test_one_good_signature_among_several_is_enough() -> None:
    good = headers()["webhook-signature"]

    assert receive(receiver(), webhook_signature=f"v1,AAAA {good}").status == 200


def test_a_body_that_is_no_object_is_refused() -> None:
    assert receive(receiver(), "[]").status == 401
