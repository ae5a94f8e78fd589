from aiohttp import ClientSession

from gateway.web.standins.server import listening
from gateway.web.standins.standin import Answer, Call, Received


class Recorder:
    def __init__(self) -> None:
        self.received: list[Received] = []
        self.calls: list[Call] = []

    def answer(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer(202, "taken", "text/plain")


async def test_the_first_step_of_the_path_names_the_standin() -> None:
    one, other = Recorder(), Recorder()

    async with listening({"one": one, "other": other}) as address, ClientSession() as client:
        async with client.post(f"{address}/one", data=b"a") as response:
            answer = (response.status, await response.text())
        async with client.put(f"{address}/other/v2/a%2Fb?x=1", headers={"X-Y": "z"}) as response:
            await response.read()

    assert answer == (202, "taken")
    assert [(call.method, call.path, call.body) for call in one.calls] == [("POST", "", b"a")]
    call = other.calls[0]
    assert (call.method, call.path, call.query) == ("PUT", "/v2/a%2Fb", {"x": "1"})
    assert call.headers["x-y"] == "z"


async def test_an_unknown_name_is_404() -> None:
    async with (
        listening({}) as address,
        ClientSession() as client,
        client.get(f"{address}/nobody") as response,
    ):
        assert response.status == 404
