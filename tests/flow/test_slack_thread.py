from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.flow.conftest import Receiver, Running, configuration

Start = Callable[..., Awaitable[Receiver]]
Run = Callable[[Path], Awaitable[Running]]
OK = '{"ok":true,"channel":"C0MADEUP","ts":"1790000000.000100"}'
BUSY = '{"ok":false,"error":"service_unavailable"}'


async def test_an_alert_is_one_message_that_turns_green_and_a_failed_reply_is_tried_alone(
    tmp_path: Path, receiver: Start, run: Run
) -> None:
    slack = await receiver(200, OK)
    slack.answers = [(200, OK), (200, OK), (200, BUSY), (200, OK)]
    chat = {
        "type": "slack",
        "token": "xoxb-made-up",
        "channel": "{{ labels.team }}",
        "url": f"{slack.url}/api",
    }
    route = {"sinks": ["chat"], "group_by": ["finding"], "labels": {"team": "secops"}}
    gateway = await run(configuration(tmp_path, sinks={"chat": chat}, route=route))

    await gateway.send("new-critical")
    await slack.wait_for(1)
    await gateway.send("fixed", hours=1)

    posted, changed, lost, reply = await slack.wait_for(4)
    post, update = "/api/chat.postMessage", "/api/chat.update"
    assert [got.path for got in (posted, changed, lost, reply)] == [post, update, post, post]
    assert posted.headers["authorization"] == "Bearer xoxb-made-up"
    assert posted.json["channel"] == "secops"
    assert (changed.json["channel"], changed.json["ts"]) == ("C0MADEUP", "1790000000.000100")
    assert changed.json["attachments"][0]["color"] == "#28a745"
    assert reply.json == lost.json
    assert (reply.json["thread_ts"], "blocks" in reply.json) == ("1790000000.000100", False)
    assert reply.json["text"].startswith("Fixed: ")
    await gateway.settled(2)
    assert len(slack.got) == 4
