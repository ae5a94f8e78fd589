import asyncio
from typing import Annotated, Any

import pytest
from aiohttp import web
from pydantic import Field

from gateway.errors import SettingsError
from gateway.settings.section import Section
from gateway.web.json_body import read_object, sound


class Inner(Section):
    size: int = 0


class Wanted(Section):
    owner: str
    begins: str | None = Field(default=None, alias="from")
    inner: list[Inner] = Field(default_factory=list)
    names: Annotated[list[str], Field(min_length=1)]


def test_what_is_sound_is_its_model() -> None:
    wanted = sound(Wanted, {"owner": "a", "names": ["b"], "inner": [{"size": 1}], "from": "c"})

    assert (wanted.owner, wanted.begins, wanted.inner[0].size) == ("a", "c", 1)


def test_every_problem_says_where_it_is() -> None:
    said = {"ownr": "a", "names": [], "inner": [{"size": "x"}, {"siz": 1}]}

    with pytest.raises(SettingsError) as caught:
        sound(Wanted, said)

    assert sorted(caught.value.problems) == [
        "inner[0].size: a whole number is expected here",
        "inner[1].siz: unknown key (did you mean 'size'?)",
        "names: at least one is needed",
        "owner: is missing",
        "ownr: unknown key (did you mean 'owner'?)",
    ]


async def test_a_body_that_comes_too_slowly_is_408(listen: Any, dial: Any) -> None:
    async def read(request: web.Request) -> web.Response:
        with pytest.raises(web.HTTPRequestTimeout) as caught:
            await read_object(request, seconds=0.01)
        return web.Response(status=caught.value.status)

    app = web.Application()
    app.router.add_post("/", read)
    wire = await dial((await listen(app)).port)
    await wire.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")

    async with asyncio.timeout(5):
        status, _, _ = await wire.answer()

    assert status == 408
