"""Opsgenie's Alert API: https://docs.opsgenie.com/docs/alert-api."""

import hmac
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from gateway import codec
from gateway.errors import Unreadable
from gateway.web.standins.standin import Answer, Call, Received

MESSAGE, ALIAS, DESCRIPTION = 130, 512, 15_000
TAGS, TAG = 20, 50
DETAILS = 8_000
_PRIORITIES = {"P1", "P2", "P3", "P4", "P5"}
_CREATE = re.compile(r".*/alerts")
_STATUS = re.compile(r".*/alerts/requests/(?P<request>[^/]+)")
_CHANGE = re.compile(
    r".*/alerts/(?P<alias>[^/]+)/(?P<what>close|notes|message|description|priority)"
)


class Opsgenie:
    """Keeps open alerts by alias, so that a close closes exactly what was opened."""

    def __init__(self, api_key: str) -> None:
        self.received: list[Received] = []
        self.open: set[str] = set()
        self._key = f"GenieKey {api_key}".encode()
        self._requests: dict[str, dict[str, Any]] = {}

    def answer(self, call: Call) -> Answer:
        """Judges and keeps one call; 202 is only a promise, its status tells the rest."""
        if not hmac.compare_digest(call.headers.get("authorization", "").encode(), self._key):
            self._keep("call", "", "", ["wrong GenieKey"])
            return _said(401, {"message": "Could not authenticate"})
        if call.method == "GET" and (match := _STATUS.fullmatch(call.path)):
            return self._status(match["request"])
        try:
            body = codec.decode(call.body or b"{}")
        except Unreadable:
            body = None
        if not isinstance(body, dict):
            self._keep("call", "", "", ["not a JSON object"])
            return _said(422, {"message": "Request body is not processable"})
        if call.method == "POST" and _CREATE.fullmatch(call.path):
            return self._create(body)
        if call.method in {"POST", "PUT"} and (match := _CHANGE.fullmatch(call.path)):
            by_alias = call.query.get("identifierType") == "alias"
            return self._change(unquote(match["alias"]), match["what"], body, by_alias=by_alias)
        self._keep("call", call.path, "", ["no such address"])
        return _said(404, {"message": "Not found"})

    def _create(self, body: dict[str, Any]) -> Answer:
        alias, faults = str(body.get("alias", "")), list(_faults(body))
        self._keep("create", str(body.get("message", "")), alias, faults)
        if faults:
            return _said(422, {"message": "; ".join(faults)})
        self.open.add(alias)
        return self._promise("Created alert", alias, done=True)

    def _change(self, alias: str, what: str, body: dict[str, Any], *, by_alias: bool) -> Answer:
        what = {"notes": "note"}.get(what, what)
        faults = [] if by_alias else ["identifierType is not alias"]
        known = alias in self.open
        faults += [] if known else [f"{what} of an alert that is not open"]
        self._keep(what, str(body.get("note") or body.get(what) or ""), alias, faults)
        if what == "close":
            self.open.discard(alias)
        return self._promise("Done" if known else "Alert does not exist", alias, done=known)

    def _promise(self, status: str, alias: str, *, done: bool) -> Answer:
        request = f"00000000-0000-4000-8000-{len(self._requests):012}"
        self._requests[request] = {"isSuccess": done, "status": status, "alias": alias}
        return _said(202, {"result": "Request will be processed", "requestId": request})

    def _status(self, request: str) -> Answer:
        found = self._requests.get(request)
        return _said(200, {"data": found}) if found else _said(404, {"message": "Not found"})

    def _keep(self, what: str, text: str, alias: str, faults: list[str]) -> None:
        self.received.append(Received(what=what, text=text, identity=alias, faults=tuple(faults)))


def _said(status: int, value: dict[str, Any]) -> Answer:
    return Answer(status, codec.encode(value).decode())


def _faults(body: dict[str, Any]) -> Iterator[str]:
    for name, limit in (("message", MESSAGE), ("alias", ALIAS)):
        text = body.get(name)
        if not isinstance(text, str) or not text:
            yield f"no {name}"
        elif len(text) > limit:
            yield f"{name} of {len(text)} characters"
    if len(str(body.get("description", ""))) > DESCRIPTION:
        yield "description too long"
    if body.get("priority", "P3") not in _PRIORITIES:
        yield "no such priority"
    tags = body.get("tags") or []
    if len(tags) > TAGS or any(not isinstance(tag, str) or len(tag) > TAG for tag in tags):
        yield "too many tags, or too long ones"
    details = body.get("details") or {}
    if any(not isinstance(value, str) for value in details.values()):
        yield "a detail that is not text"
    elif sum(len(key) + len(value) for key, value in details.items()) > DETAILS:
        yield "details too long"
