import json

import pytest

from bench import webhook


@pytest.mark.parametrize(("findings", "size"), [(3, webhook.SIZE), (10, 40_000), (100, 400_000)])
def test_a_body_is_of_its_size(findings: int, size: int) -> None:
    made = webhook.body(7, findings, size)

    assert len(made) == size
    assert len({issue["id"] for issue in json.loads(made)["newIssues"]}) == findings


def test_each_request_is_of_another_project() -> None:
    made = webhook.requests(5, 3)

    assert [webhook.number(each) for each in made] == [5, 6, 7]
    assert len({json.loads(each.partition(b"\r\n\r\n")[2])["project"]["id"] for each in made}) == 3


def test_a_supply_goes_on_where_what_was_made_ends() -> None:
    supply = webhook.supply(webhook.requests(0, 2))

    assert [webhook.number(next(supply)) for _ in range(4)] == [0, 1, 2, 3]
