"""The other end of a sink: answers for what it asks."""

from collections.abc import Generator
from typing import TypeVar

from gateway.errors import TransportError
from gateway.model.exchange import AnyRequest, Outcome, Response

MOST = 10
"""Requests of an exchange that may still be sound."""
R = TypeVar("R", bound=AnyRequest)


def exchanged(
    steps: Generator[R, Response, Outcome], *answers: Response | TransportError
) -> tuple[list[R], Outcome]:
    """What a sink asks for, and the outcome; the last answer stands for all that follow."""
    requests: list[R] = []
    queue = list(answers)
    try:
        request = next(steps)
        while True:
            requests.append(request)
            assert len(requests) < MOST
            answer = queue.pop(0) if len(queue) > 1 else queue[0]
            request = steps.send(answer) if isinstance(answer, Response) else steps.throw(answer)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return requests, outcome
