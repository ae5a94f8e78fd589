import pytest
from aiohttp import web

from gateway.web.inflight import Inflight


def test_what_was_taken_is_given_back_whatever_happens() -> None:
    inflight = Inflight(100)

    def break_off() -> None:
        with inflight.share(60) as share:
            share.take(60)
            assert inflight.free == 40
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()

    assert inflight.free == 100


def test_what_cannot_fit_is_refused_at_once() -> None:
    with pytest.raises(web.HTTPServiceUnavailable):
        Inflight(100).share(101)


def test_shares_have_one_limit_together() -> None:
    inflight = Inflight(100)

    with inflight.share(0) as first, inflight.share(0) as second:
        first.take(70)
        with pytest.raises(web.HTTPServiceUnavailable):
            second.take(31)
        second.take(30)

    assert inflight.free == 100
