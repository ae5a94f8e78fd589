import pytest

from gateway.running import eventloop


async def its_name() -> str:
    return eventloop.name()


def test_uvloop_runs_a_gateway() -> None:
    assert eventloop.run(its_name()) == "uvloop"


def test_without_uvloop_python_s_own_loop_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventloop, "find_spec", lambda _name: None)

    assert eventloop.run(its_name()) == "asyncio"


def test_an_error_comes_out() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        eventloop.run(fail())
