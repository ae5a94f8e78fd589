from typing import Any

import pytest

from gateway.cli.demo.standins import standins_for
from gateway.clock import SystemClock
from gateway.errors import CannotStart
from gateway.web.standins.http import Http
from gateway.web.standins.opsgenie import Opsgenie
from gateway.web.standins.slack import Slack
from gateway.web.standins.slack_web import SlackWeb


def test_every_sink_gets_the_stand_in_of_its_type() -> None:
    sinks: dict[str, dict[str, Any]] = {
        "chat": {"type": "slack"},
        "bot": {"type": "slack", "token": "t"},
        "page": {"type": "opsgenie", "api_key": "k"},
        "page-too": {"type": "opsgenie", "api_key": "k"},
        "siem": {"type": "http", "sign": {"standard_webhooks": "whsec_AAAA"}},
        "plain": {"type": "http"},
    }

    standins = standins_for(sinks, SystemClock())

    assert [type(standin) for standin in standins.values()] == [
        Slack,
        SlackWeb,
        Opsgenie,
        Opsgenie,
        Http,
        Http,
    ]


def test_a_type_without_a_stand_in_is_said() -> None:
    with pytest.raises(CannotStart, match="no stand-in for pager, a sink of type carrier-pigeon"):
        standins_for({"pager": {"type": "carrier-pigeon"}}, SystemClock())
