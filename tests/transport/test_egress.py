from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from gateway.transport.egress import Egress


def test_nothing_is_listed_unless_said() -> None:
    egress = Egress.model_validate({})

    assert (egress.deny, egress.allow) == ([], [])


def test_networks_are_read() -> None:
    egress = Egress.model_validate({"deny": ["10.0.0.0/8"], "allow": ["2001:db8::/32"]})

    assert egress.deny == [ip_network("10.0.0.0/8")]
    assert egress.allow == [ip_network("2001:db8::/32")]


def test_what_is_no_network_is_a_problem() -> None:
    with pytest.raises(ValidationError, match="not a network"):
        Egress.model_validate({"deny": ["example.com"]})
