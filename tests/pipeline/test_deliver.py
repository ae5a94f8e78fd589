"""The queue of a sink that fails, on a virtual clock."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from threading import Event
from typing import Any

import pytest

from gateway.codec import decode
from gateway.errors import TransportError
from gateway.metrics import Metrics
from gateway.model.exchange import AnyRequest, Response
from gateway.model.identity import NewId
from gateway.pipeline.attempt import Attempting
from gateway.pipeline.beside import Beside
from gateway.pipeline.claiming import Taken
from gateway.pipeline.clockwatch import ClockWatch
from gateway.pipeline.deliver import Queue
from gateway.pipeline.lanes import enter
from gateway.pipeline.reading import Reader
from gateway.store import deliveries
from tests.pipeline.conftest import NOON, ONE_PROCESS, SHORT, Pipeline, Start, StillClock, issue

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Passing(StillClock):
    """Time that passes as fast as somebody waits; the clock on the wall may jump."""

    def __init__(self) -> None:
        super().__init__()
        self.least = timedelta()
        """What passes at least while somebody waits."""
        self.rest: Callable[[], Any] = asyncio.Event().wait
        self._jumped = timedelta()

    def monotonic(self) -> float:
        return (self.at - self._jumped).timestamp()

    def jump(self, by: timedelta) -> None:
        """The clock on the wall is set."""
        self.at += by
        self._jumped += by

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await self.rest()
        if not event.is_set():
            self.at += max(timedelta(seconds=seconds), self.least)


Trouble = TransportError | Response
AWAY = TransportError("network", "connection refused")
OK = Response(status=200, body=b"ok")


class Sink:
    """The other end: what it answers next, the last for ever, and when it was asked."""

    def __init__(self, clock: Passing) -> None:
        self.clock = clock
        self.tried: list[datetime] = []
        self.answers: list[Trouble] = [AWAY]
        self.takes = timedelta()
        """Time that passes until it answers."""
        self.on_try: Callable[[], None] = lambda: None
        self.answers_at_all = asyncio.Event()
        self.answers_at_all.set()

    async def send(self, request: AnyRequest) -> Response:
        del request
        self.tried.append(self.clock.at)
        self.on_try()
        await self.answers_at_all.wait()
        self.clock.at += self.takes
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, TransportError):
            raise answer
        return answer


class Trial:
    """A queue and the sink at its end."""

    def __init__(
        self,
        gateway: Pipeline,
        clock: Passing,
        metrics: Metrics,
        new_id: NewId,
        sink: Sink | None = None,
    ) -> None:
        self.gateway, self.clock = gateway, clock
        self.sink = sink or Sink(clock)
        shared: dict[str, Any] = {"clock": clock, "metrics": metrics}
        reader = Reader(gateway.store, gateway.in_force, Beside())
        entering = partial(enter, gateway.store, clock)
        attempting = Attempting(gateway.in_force, reader, self.sink, entering, **shared)
        self.clockwatch = ClockWatch(gateway.store, clock=clock)
        self.woken: list[str] = []
        """The sinks of which somebody said that they are owed something."""
        self.queue = Queue(
            gateway.store,
            "chat",
            gateway.in_force,
            attempting,
            new_id=new_id,
            alarm=gateway.alarm,
            clockwatch=self.clockwatch,
            wake=self.woken.extend,
            **shared,
        )
        clock.rest = lambda: self.queue.drain(10)

    async def until(self, done: Callable[[], bool]) -> None:
        """Lets time pass until then."""
        running = asyncio.create_task(self.queue.run())
        async with asyncio.timeout(60):
            while not done():
                await asyncio.sleep(SHORT)
        running.cancel()
        await asyncio.wait([running])
        await self.queue.drain(10)

    async def status(self) -> str:
        return str((await self.gateway.owed("status"))[0])

    def tried_at(self) -> list[float]:
        """Seconds after noon."""
        return [(at - NOON).total_seconds() for at in self.sink.tried]


@pytest.fixture
def clock() -> Passing:
    return Passing()


@pytest.fixture
async def trial(pipeline: Start, clock: Passing, metrics: Metrics, new_id: NewId) -> Trial:
    gateway = pipeline("route: {sinks: [chat], group_by: [finding]}")
    await gateway.hear(issue())
    return Trial(gateway, clock, metrics, new_id)


@pytest.fixture
def coarse(clock: Passing) -> None:
    """A day of looking every few seconds would be a long test."""
    clock.least = 10 * MINUTE


def close_to(seconds: list[float]) -> Any:
    """A wait grows by up to a tenth; the queue looks a quarter of a second later at most."""
    return pytest.approx([1.05 * each + 0.2 for each in seconds], rel=0.06, abs=0.3)


@pytest.mark.parametrize(
    ("trouble", "takes", "expected"),
    [
        (TransportError("dns", "the host's name cannot be resolved"), 0, [0, 5, 15, 35]),
        (TransportError("tls", "TLS failed"), 0, [0, 5, 15, 35]),
        (TransportError("network", "the connection broke", ambiguous=True), 0, [0, 5, 15, 35]),
        (TransportError("timeout", "no answer in time", ambiguous=True), 15, [0, 20, 45, 80]),
        (Response(status=500), 0, [0, 5, 15, 35]),
        (Response(status=200, body=b"rollup_error"), 0, [0, 5, 15, 35]),
        (Response(status=429, headers={"retry-after": "2"}), 0, [0, 5, 15, 35]),
        (Response(status=429, headers={"retry-after": "60"}), 0, [0, 60, 120, 180]),
    ],
)
async def test_what_goes_wrong_three_times_arrives_at_the_fourth_try(
    trial: Trial, trouble: Trouble, takes: float, expected: list[float]
) -> None:
    trial.sink.answers = [trouble, trouble, trouble, OK]
    trial.sink.takes = timedelta(seconds=takes)

    await trial.until(lambda: len(trial.sink.tried) == 4)

    assert await trial.status() == "delivered"
    assert trial.tried_at() == close_to(expected)


async def test_a_minute_of_errors_is_five_tries(trial: Trial, clock: Passing) -> None:
    trial.sink.answers = [Response(status=500)]

    def recover() -> None:
        if clock.at >= NOON + MINUTE:
            trial.sink.answers = [OK]

    trial.sink.on_try = recover
    await trial.until(lambda: trial.sink.answers == [OK])

    assert await trial.status() == "delivered"
    assert trial.tried_at() == close_to([0, 5, 15, 35, 75])


async def test_while_a_sink_wants_to_be_left_alone_nothing_else_is_sent_to_it(
    trial: Trial,
) -> None:
    trial.sink.answers = [Response(status=429, headers={"retry-after": "60"}), OK]
    await trial.until(lambda: len(trial.sink.tried) == 1)
    await trial.gateway.hear(issue("X-2"))

    await trial.until(lambda: len(trial.sink.tried) == 3)

    assert await trial.gateway.owed("status") == ["delivered", "delivered"]
    assert trial.tried_at()[0] == 0
    assert min(trial.tried_at()[1:]) >= 60


class Channels(Sink):
    """Slack's Web API: what each channel answers next."""

    def __init__(self, clock: Passing, **answers: list[Response]) -> None:
        super().__init__(clock)
        self.of = answers
        self.told: list[tuple[str, int]] = []
        """Which channel, and how many seconds after noon."""

    async def send(self, request: AnyRequest) -> Response:
        channel = decode(request.body)["channel"]
        self.told.append((channel, round((self.clock.at - NOON).total_seconds())))
        return self.of[channel].pop(0) if self.of.get(channel) else POSTED


POSTED = Response(status=200, body=b'{"ok":true,"channel":"C1","ts":"1.1"}')
BY_CHANNEL = """
    sinks:
      chat:
        type: slack
        token: xoxb-made-up-token
        channel: "{{{{ project.tags.channel }}}}"
        rate: {rate}
        concurrency: {concurrency}
    route: {{sinks: [chat], group_by: [finding]}}
"""


async def busy_and_quiet(pipeline: Start, *, rate: str = "1/s", concurrency: int = 4) -> Pipeline:
    """Four messages for one channel, and behind them one for another."""
    gateway = pipeline(BY_CHANNEL.format(rate=rate, concurrency=concurrency))
    for number, channel in enumerate(["C0BUSY"] * 4 + ["C0QUIET"]):
        tags = {"tags": [{"key": "channel", "value": channel}]}
        await gateway.hear(issue(f"X-{number}"), project=channel, about=tags)
    return gateway


async def test_a_busy_channel_is_told_once_a_second_and_holds_up_no_other(
    pipeline: Start, clock: Passing, metrics: Metrics, new_id: NewId
) -> None:
    gateway, channels = await busy_and_quiet(pipeline), Channels(clock)
    trial = Trial(gateway, clock, metrics, new_id, channels)

    await trial.until(lambda: len(channels.told) == 5)

    assert sorted(channels.told) == [
        ("C0BUSY", 0), ("C0BUSY", 1), ("C0BUSY", 2), ("C0BUSY", 3), ("C0QUIET", 0),
    ]  # fmt: skip
    assert await gateway.owed("status", "tries") == [("delivered", 1)] * 5


@pytest.mark.parametrize("rate", ["1/s", "null"])
async def test_a_channel_that_wants_to_be_left_alone_holds_up_no_other(
    pipeline: Start, clock: Passing, metrics: Metrics, new_id: NewId, rate: str
) -> None:
    gateway = await busy_and_quiet(pipeline, rate=rate, concurrency=1)
    limited = Response(status=429, headers={"retry-after": "60"})
    channels = Channels(clock, C0BUSY=[limited])
    trial = Trial(gateway, clock, metrics, new_id, channels)

    await trial.until(lambda: len(channels.told) == 6)

    first, second, *later = channels.told
    assert (first, second) == (("C0BUSY", 0), ("C0QUIET", 0))
    assert min(seconds for _, seconds in later) >= 60


async def test_what_dies_is_owed_to_the_fallback_from_that_moment(
    pipeline: Start, clock: Passing, metrics: Metrics, new_id: NewId
) -> None:
    gateway = pipeline("""
        sinks:
          chat: {type: slack, url: "https://hooks.slack.example/x", fallback: siem}
          siem: {type: http, url: "https://siem.example/ingest"}
        route: {sinks: [chat], group_by: [finding]}
    """)
    await gateway.hear(issue())
    trial = Trial(gateway, clock, metrics, new_id)
    trial.sink.answers = [Response(status=400, body=b"invalid_blocks")]

    await trial.until(lambda: len(trial.sink.tried) == 1)

    assert await gateway.owed("sink", "status") == [("chat", "dead"), ("siem", "pending")]
    assert trial.woken == ["siem"]


async def test_what_is_claimed_while_the_queue_is_stopped_still_goes_out(trial: Trial) -> None:
    trial.sink.answers = [OK]
    await trial.clockwatch.settle()
    go_on = Event()
    busy = asyncio.create_task(trial.gateway.store.write(lambda _: go_on.wait(10)))
    running = asyncio.create_task(trial.queue.run())
    await asyncio.sleep(0.05)  # its claim stands behind the write that goes on

    running.cancel()
    go_on.set()
    await asyncio.wait([running, busy])
    left = await trial.queue.drain(10)

    assert (left, await trial.status(), len(trial.sink.tried)) == (0, "delivered", 1)


@pytest.mark.usefixtures("coarse")
async def test_a_delivery_is_tried_about_every_hour_and_dies_after_28(trial: Trial) -> None:
    await trial.until(lambda: trial.clock.at > NOON + 2 * DAY)

    hours = [(at - NOON) / HOUR for at in trial.sink.tried]
    assert await trial.status() == "dead"
    assert max(later - earlier for earlier, later in pairwise(hours)) < 1.3
    assert hours[-1] == pytest.approx(28, abs=1.3)


@ONE_PROCESS
@pytest.mark.usefixtures("coarse")
async def test_nothing_dies_of_a_clock_that_jumps_forward(trial: Trial, clock: Passing) -> None:
    await trial.until(lambda: clock.at > NOON + HOUR)
    clock.jump(5 * DAY)
    jumped = clock.at

    await trial.until(lambda: clock.at > jumped + 24 * HOUR)
    lived = await trial.status()
    await trial.until(lambda: clock.at > jumped + 29 * HOUR)

    assert (lived, await trial.status()) == ("pending", "dead")
    assert len([at for at in trial.sink.tried if at >= jumped]) > 20


@ONE_PROCESS
async def test_nothing_dies_of_a_clock_that_jumps_forward_during_a_try(
    trial: Trial, clock: Passing
) -> None:
    trial.sink.on_try = lambda: clock.jump(5 * DAY) if len(trial.sink.tried) == 3 else None

    await trial.until(lambda: len(trial.sink.tried) == 6)

    assert await trial.status() == "pending"


@ONE_PROCESS
@pytest.mark.usefixtures("coarse")
async def test_a_clock_that_jumps_back_makes_no_wait_longer(trial: Trial, clock: Passing) -> None:
    await trial.until(lambda: clock.at > NOON + 10 * HOUR)
    clock.jump(-9 * HOUR)
    jumped, before = clock.at, len(trial.sink.tried)

    await trial.until(lambda: len(trial.sink.tried) > before)

    assert trial.sink.tried[-1] - jumped < 1.3 * HOUR
    assert await trial.status() == "pending"


@ONE_PROCESS
@pytest.mark.usefixtures("coarse")
async def test_a_clock_that_went_back_before_the_start_makes_no_wait_too_long(
    trial: Trial, clock: Passing, metrics: Metrics, new_id: NewId
) -> None:
    await trial.until(lambda: clock.at > NOON + 10 * HOUR)
    clock.at -= 9 * HOUR
    started = clock.at
    await trial.gateway.store.write(deliveries.recover)
    anew = Trial(trial.gateway, clock, metrics, new_id)

    await anew.until(lambda: bool(anew.sink.tried))

    assert anew.sink.tried[0] - started < 1.3 * HOUR


async def test_a_refused_credential_kills_nothing_and_one_delivery_finds_out_when_it_is_mended(
    trial: Trial, clock: Passing
) -> None:
    await trial.gateway.hear(*(issue(f"X-{number}") for number in range(2, 6)))
    trial.sink.answers = [Response(status=401, body=b"who are you")]
    await trial.until(lambda: clock.at > NOON + 20 * MINUTE)
    probed = [at for at in trial.sink.tried if at > NOON + MINUTE]
    waiting = await trial.gateway.owed("status")
    trial.sink.answers = [OK]

    await trial.until(lambda: clock.at > NOON + 40 * MINUTE)

    assert waiting == ["pending"] * 5
    assert len(probed) == pytest.approx(10, abs=2)  # every two minutes
    assert await trial.gateway.owed("status") == ["delivered"] * 5
    assert await breaker_alarms(trial) == 1


async def test_a_sink_that_is_down_is_probed_and_told_everything_when_it_is_up_again(
    trial: Trial, clock: Passing
) -> None:
    await trial.gateway.hear(*(issue(f"X-{number}") for number in range(2, 21)))
    await trial.until(lambda: clock.at > NOON + HOUR)
    tries = len(trial.sink.tried)
    trial.sink.answers = [OK]
    up = clock.at

    await trial.until(lambda: len(trial.sink.tried) == tries + 20)

    assert tries < 70  # twenty deliveries at once, then one in two minutes
    assert await trial.gateway.owed("status") == ["delivered"] * 20
    assert clock.at - up < 3 * MINUTE
    assert await breaker_alarms(trial) == 1


async def test_what_one_message_is_refused_for_holds_up_no_other(trial: Trial) -> None:
    await trial.gateway.hear(issue("X-2"))
    trial.sink.answers = [Response(status=400, body=b"invalid_blocks"), OK]

    await trial.until(lambda: len(trial.sink.tried) == 2)

    assert sorted(await trial.gateway.owed("status")) == ["dead", "delivered"]
    assert await breaker_alarms(trial) == 0


async def test_what_was_claimed_longer_ago_than_its_lease_is_not_sent(
    trial: Trial, clock: Passing
) -> None:
    trial.sink.answers = [OK]
    claim, frozen = trial.gateway.store.write, [timedelta(minutes=10)]

    async def write(operation: Any) -> Any:
        """The process is frozen once it has claimed something, and wakes up much later."""
        done = await claim(operation)
        if isinstance(done, Taken) and done.claimed and frozen:
            clock.at += frozen.pop()
        return done

    trial.gateway.store.write = write  # type: ignore[method-assign]  # a freeze has its moment
    await trial.until(lambda: bool(trial.sink.tried))

    assert [at >= 600 for at in trial.tried_at()] == [True]
    assert await trial.status() == "delivered"


async def test_a_try_that_outlasts_its_claim_is_waited_for_and_not_made_again(
    trial: Trial, clock: Passing
) -> None:
    trial.sink.answers = [OK]
    trial.sink.answers_at_all.clear()
    clock.rest = partial(asyncio.sleep, SHORT)

    def stand_still() -> None:
        clock.at += timedelta(minutes=10)
        trial.queue.hint()
        asyncio.get_running_loop().call_later(10 * SHORT, trial.sink.answers_at_all.set)

    trial.sink.on_try = stand_still
    await trial.until(trial.sink.answers_at_all.is_set)

    assert len(trial.sink.tried) == 1
    assert await trial.status() == "delivered"


async def test_what_is_only_recorded_is_counted_as_such(
    pipeline: Start, clock: Passing, metrics: Metrics, new_id: NewId
) -> None:
    gateway = pipeline(
        "sinks: {chat: {type: slack, url: 'https://hooks.slack.example/x', mode: record}}\n"
        "route: {sinks: [chat], group_by: [finding]}\n"
    )
    await gateway.hear(issue())
    trial = Trial(gateway, clock, metrics, new_id)

    await trial.until(lambda: counted(gateway, "recorded") + counted(gateway, "delivered") > 0)

    assert (trial.sink.tried, await trial.status()) == ([], "delivered")
    assert (counted(gateway, "recorded"), counted(gateway, "delivered")) == (1, 0)


def counted(gateway: Pipeline, result: str) -> float:
    return gateway.counted("deliveries_total", sink="chat", result=result)


async def breaker_alarms(trial: Trial) -> int:
    found = await trial.gateway.heard_of(type="internal")
    return sum(item["transport_id"] == "breaker_open" for item in found)
