from typing import Any

import pytest
from pydantic import ValidationError

from gateway.model.exchange import Response
from gateway.sinks.success import Success


@pytest.mark.parametrize(
    ("rules", "status", "body", "holds"),
    [
        ({}, 204, b"", True),
        ({}, 302, b"", False),
        ({"status": [200, 409]}, 409, b"", True),
        ({"status": [200, 409]}, 201, b"", False),
        ({"body": "ok"}, 200, b"it is ok", True),
        ({"body": "^ok$"}, 200, b"it is ok", False),
        ({"body": "^ok$"}, 500, b"ok", False),
        ({"body": "a.b"}, 200, b"\xffa\nb", True),
        ({"json": {"status": "ok"}}, 200, b'{"status": "ok"}', True),
        ({"json": {"status": "ok"}}, 200, b'{"status": "busy"}', False),
        ({"json": {"status": "ok"}}, 200, b"{}", False),
        ({"json": {"status": "ok"}}, 200, b"no json", False),
        ({"json": {"code": 0}}, 200, b'{"code": false}', False),
        ({"json": {"done": True}}, 200, b'{"done": 1}', False),
        ({"json": {"done": True}}, 200, b'{"done": true}', True),
        ({"json": {"items[*].ok": True}}, 200, b'{"items":[{"ok":true},{"ok":true}]}', True),
        ({"json": {"items[*].ok": True}}, 200, b'{"items":[{"ok":true},{"ok":false}]}', False),
        ({"json": {"items[*].ok": True}}, 200, b'{"items":[]}', False),
        ({"json": {"a": 1, "b[0]": None}}, 200, b'{"a": 1, "b": [null]}', True),
        ({"status": [200], "body": "x", "json": {"a": "x"}}, 200, b'{"a": "x"}', True),
    ],
)
def test_all_rules_must_hold(rules: dict[str, Any], status: int, body: bytes, holds: bool) -> None:
    success = Success.model_validate(rules)

    assert success.holds(Response(status=status, body=body)) is holds


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"body": "("}, "not a regular expression"),
        ({"body": "(?=a)"}, "RE2"),
        ({"body": 3}, "a regular expression is expected"),
        ({"json": {"a..b": 1}}, "not a path"),
        ({"json": {"": 1}}, "not a path"),
        ({"status": ["ok"]}, "integer"),
    ],
)
def test_wrong_rules_are_problems(rules: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Success.model_validate(rules)
