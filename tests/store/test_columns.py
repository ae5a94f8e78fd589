from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from gateway.store.columns import Moment, Words

DIALECT: sa.Dialect = sqlite.dialect()


@settings(max_examples=100, deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_come_back_to_the_microsecond(moment: datetime) -> None:
    stored = Moment().process_bind_param(moment, DIALECT)

    assert Moment().process_result_value(stored, DIALECT) == moment


def test_moments_of_other_zones_come_back_in_utc() -> None:
    moment = datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=2)))

    stored = Moment().process_bind_param(moment, DIALECT)
    back = Moment().process_result_value(stored, DIALECT)

    assert back == moment
    assert back.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "stored"), [("a\x00b", "ab"), ("caf\udce9", "caf?"), ("zażółć 🦆", "zażółć 🦆")]
)
def test_words_lose_only_what_an_engine_refuses(text: str, stored: str) -> None:
    assert Words().process_bind_param(text, DIALECT) == stored
