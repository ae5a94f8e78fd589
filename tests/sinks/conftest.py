"""What every sink's tests need: a message, and the other end of an exchange."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.model.exchange import AnyRequest, Message, Outcome, Response
from gateway.sinks.sink import Sink
from tests.exchanges import exchanged

Exchanged = tuple[list[AnyRequest], Outcome]


@pytest.fixture
def message() -> Callable[..., Message]:
    """Makes a message; what a test cares about it says."""

    def make(**parts: Any) -> Message:
        given = {
            "action": "create",
            "alias": "a1" * 32,
            "identity": "1d" * 32,
            "timestamp": 1_790_000_000,
            "body": '{"message":"1 new critical in acme/shop","text":"1 new critical"}',
            "severity": "critical",
        }
        return Message(**{**given, **parts})

    return make


@pytest.fixture
def exchange() -> Callable[[Sink, Message, Response], Exchanged]:
    """Runs a sink against one answer: its requests and the outcome."""

    def run(sink: Sink, message: Message, response: Response) -> Exchanged:
        return exchanged(sink.deliver(message, None), response)

    return run
