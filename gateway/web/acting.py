"""The admin API's changes, and what only the running gateway can tell."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web

from gateway.codec import encode
from gateway.errors import Misused, NotFound, SettingsError, Unreadable
from gateway.web.acts import Acts
from gateway.web.answer import Handler, answer
from gateway.web.api import ID
from gateway.web.changes import Chosen, Nothing, Replay, Resolve
from gateway.web.json_body import read_object, sound
from gateway.web.query import filters_of, only, refuse_query

_NAME = "{name:[A-Za-z0-9][A-Za-z0-9_.-]{0,62}}"
_CURSOR = re.compile(r"[0-9]{1,9}")


def add_acts(app: web.Application, acts: Acts) -> None:
    """Adds what can be done."""
    acting = Acting(acts)
    get, post = app.router.add_get, app.router.add_post
    post("/api/v1/silences", _weighed(acting.add_silence))
    post(f"/api/v1/silences/{ID}/expire", _weighed(acting.expire_silence))
    post("/api/v1/reload", _weighed(acting.reload))
    post("/api/v1/replay", _weighed(acting.replay))
    post("/api/v1/alerts/resolve", _weighed(acting.resolve))
    for verb, act in (("retry", acting.retry), ("cancel", acting.cancel)):
        post(f"/api/v1/deliveries/{verb}", _weighed(act))
        post(f"/api/v1/deliveries/{ID}/{verb}", _weighed(act))
    get("/api/v1/sinks", acting.sinks)
    post(f"/api/v1/sinks/{_NAME}/pause", _weighed(acting.pause))
    post(f"/api/v1/sinks/{_NAME}/resume", _weighed(acting.resume))
    get("/api/v1/explain", _weighed(acting.explain))
    get("/api/v1/config", acting.config)
    get("/api/v1/routes", acting.routes)


class Acting:
    """Reads what is wanted, has it done, and answers with what came of it."""

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    async def add_silence(self, request: web.Request) -> web.Response:
        """201 with the new silence."""
        refuse_query(request)
        silence = await self._acts.add_silence(await read_object(request))
        made = answer(silence, status=201)
        made.headers[hdrs.LOCATION] = f"/api/v1/silences/{silence['id']}"
        return made

    async def expire_silence(self, request: web.Request) -> web.Response:
        """The silence that has ended."""
        await self._no_words(request)
        silence = await self._acts.expire_silence(request.match_info["id"])
        if silence is None:
            raise NotFound("no such silence")
        return answer(silence)

    async def reload(self, request: web.Request) -> web.Response:
        """What came of reading the configuration anew; 409 where the old one stays in force."""
        await self._no_words(request)
        try:
            return answer(await self._acts.reload())
        except SettingsError as error:
            return _refusal(409, "the running configuration stays in force", error.problems)
        except Misused as error:
            return _refusal(409, "the running configuration stays in force", [error])

    async def replay(self, request: web.Request) -> web.Response:
        """How many events are walked through the rules again."""
        refuse_query(request)
        wanted = sound(Replay, await read_object(request))
        ids = list(wanted.ids or ())
        return answer(await self._acts.replay(ids, since=wanted.since, dry_run=wanted.dry_run))

    async def resolve(self, request: web.Request) -> web.Response:
        """Which alerts are resolved."""
        refuse_query(request)
        wanted = sound(Resolve, await read_object(request))
        ids = list(wanted.ids or ())
        return answer(await self._acts.resolve(ids, project=wanted.project, dry_run=wanted.dry_run))

    async def sinks(self, request: web.Request) -> web.Response:
        """Every sink."""
        refuse_query(request)
        return answer({"items": await self._acts.sinks(), "next": None})

    async def pause(self, request: web.Request) -> web.Response:
        """The sink, which waits from now on."""
        return await self._paused(request, paused=True)

    async def resume(self, request: web.Request) -> web.Response:
        """The sink, which goes on."""
        return await self._paused(request, paused=False)

    async def _paused(self, request: web.Request, *, paused: bool) -> web.Response:
        await self._no_words(request)
        sink = await self._acts.pause(request.match_info["name"], paused=paused)
        if sink is None:
            raise NotFound("no such sink")
        return answer(sink)

    async def retry(self, request: web.Request) -> web.Response:
        """Which dead deliveries are tried again."""
        return await self._chosen(request, self._acts.retry)

    async def cancel(self, request: web.Request) -> web.Response:
        """Which waiting deliveries are given up."""
        return await self._chosen(request, self._acts.cancel)

    async def _chosen(
        self, request: web.Request, act: Callable[..., Awaitable[Mapping[str, Any]]]
    ) -> web.Response:
        """By the id in the address, or by what the body says."""
        refuse_query(request)
        said = await read_object(request)
        if "id" in request.match_info:
            said = {"ids": [request.match_info["id"]], **said}
        wanted = sound(Chosen, said)
        chosen = wanted.filter.model_dump(exclude_none=True) if wanted.filter else None
        return answer(await act(list(wanted.ids or ()), wanted=chosen, dry_run=wanted.dry_run))

    async def explain(self, request: web.Request) -> web.Response:
        """Why a stored event went where it went, and what came of it."""
        explanation = await self._acts.explain(only(request, "event"))
        if explanation is None:
            raise NotFound("no such event; it may have been forgotten")
        return answer(explanation)

    async def config(self, request: web.Request) -> web.Response:
        """Which configuration is in force."""
        refuse_query(request)
        return answer(await self._acts.config())

    async def routes(self, request: web.Request) -> web.Response:
        """A page of the tree; the cursor is the number of routes before it."""
        filters = filters_of(request, ())
        cursor, limit = filters.get("cursor", "0"), filters["limit"]
        if not _CURSOR.fullmatch(cursor):
            raise web.HTTPBadRequest(text="this cursor is none of ours")
        routes, first = await self._acts.routes(), int(cursor)
        after = first + limit
        page = routes[first:after]
        return answer({"items": page, "next": str(after) if after < len(routes) else None})

    async def _no_words(self, request: web.Request) -> None:
        refuse_query(request)
        sound(Nothing, await read_object(request))


def _weighed(act: Handler) -> Handler:
    """The same, with an answer for what it refuses."""

    async def answer_or_refuse(request: web.Request) -> web.StreamResponse:
        try:
            return await act(request)
        except SettingsError as error:
            return _refusal(400, "; ".join(map(str, error.problems)), error.problems)
        except Misused as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        except NotFound as error:
            raise web.HTTPNotFound(text=str(error)) from None
        except Unreadable as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None

    return answer_or_refuse


def _refusal(status: int, detail: str, problems: Sequence[Any]) -> web.Response:
    """An RFC 9457 problem that lists every single one in its extension member `problems`."""
    whole = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "problems": [str(problem) for problem in problems],
    }
    kind = "application/problem+json"
    return web.Response(body=encode(whole), status=status, content_type=kind)
