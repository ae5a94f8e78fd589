from typing import Any

import pytest

from gateway import codec
from gateway.web.standins.opsgenie import Opsgenie
from gateway.web.standins.standin import Answer, Call

KEY = {"authorization": "GenieKey made-up-key"}
ALIAS = {"identifierType": "alias"}


def call(
    opsgenie: Opsgenie, path: str, body: Any = None, *, method: str = "POST", **more: Any
) -> Answer:
    options = {"headers": KEY, "query": ALIAS} | more
    return opsgenie.answer(Call(method=method, path=path, body=codec.encode(body or {}), **options))


def create(opsgenie: Opsgenie, **more: Any) -> Answer:
    return call(opsgenie, "/v2/alerts", {"message": "m", "alias": "snyk:1", **more})


def request_status(opsgenie: Opsgenie, answer: Answer) -> Any:
    request = codec.decode(answer.body)["requestId"]
    found = call(opsgenie, f"/v2/alerts/requests/{request}", method="GET")
    return codec.decode(found.body)["data"]


def test_a_close_closes_exactly_what_was_opened() -> None:
    opsgenie = Opsgenie("made-up-key")

    created = create(opsgenie)
    closed = call(opsgenie, "/v2/alerts/snyk%3A1/close", {"note": "fixed"})

    assert (created.status, closed.status, opsgenie.open) == (202, 202, set())
    assert request_status(opsgenie, created)["isSuccess"] is True
    assert request_status(opsgenie, closed)["isSuccess"] is True
    assert [(each.what, each.identity, each.faults) for each in opsgenie.received] == [
        ("create", "snyk:1", ()),
        ("close", "snyk:1", ()),
    ]


def test_closing_an_unknown_alias_is_accepted_and_fails_afterwards() -> None:
    opsgenie = Opsgenie("made-up-key")

    closed = call(opsgenie, "/v2/alerts/other/close")

    assert closed.status == 202
    assert request_status(opsgenie, closed)["status"] == "Alert does not exist"
    assert opsgenie.received[0].faults == ("close of an alert that is not open",)


def test_a_change_by_anything_but_the_alias_is_a_fault() -> None:
    opsgenie = Opsgenie("made-up-key")
    create(opsgenie)

    call(opsgenie, "/v2/alerts/snyk%3A1/notes", {"note": "n"}, query={})

    assert opsgenie.received[1].faults == ("identifierType is not alias",)


def test_a_wrong_key_is_401() -> None:
    opsgenie = Opsgenie("made-up-key")

    answer = call(opsgenie, "/v2/alerts", headers={"authorization": "GenieKey nö"})

    assert (answer.status, opsgenie.open) == (401, set())


def test_an_unknown_address_is_404() -> None:
    assert call(Opsgenie("made-up-key"), "/v2/nothing").status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": ""},
        {"message": "m" * 131},
        {"alias": ""},
        {"alias": "a" * 513},
        {"description": "d" * 15_001},
        {"priority": "P9"},
        {"tags": ["t"] * 21},
        {"tags": ["t" * 51]},
        {"details": {"k": 1}},
        {"details": {"k": "v" * 8_000}},
    ],
)
def test_what_breaks_a_limit_is_422_and_opens_nothing(wrong: dict[str, Any]) -> None:
    opsgenie = Opsgenie("made-up-key")

    answer = create(opsgenie, **wrong)

    assert (answer.status, opsgenie.open) == (422, set())
    assert opsgenie.received[0].faults
