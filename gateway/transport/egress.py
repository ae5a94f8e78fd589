"""Which addresses the gateway may connect to."""

from pydantic import Field

from gateway.settings.section import Section
from gateway.settings.types import Network


class Egress(Section):
    """Networks that are refused, and those that are reached all the same."""

    deny: list[Network] = Field(default_factory=list)
    allow: list[Network] = Field(default_factory=list)
