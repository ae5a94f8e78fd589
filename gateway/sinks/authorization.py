"""Who the gateway says it is: basic, bearer, OAuth2 or a header of the operator's, one of them."""

import base64

from pydantic import Field

from gateway.settings.section import Section
from gateway.settings.types import SecretText


class Basic(Section):
    """User name and password."""

    username: str = Field(repr=False)
    password: SecretText

    @property
    def pair(self) -> str:
        """Both, as the header carries them: https://datatracker.ietf.org/doc/html/rfc7617."""
        return encoded(self.username, self.password.reveal())


def encoded(username: str, password: str) -> str:
    """User name and password in base64."""
    return base64.b64encode(f"{username}:{password}".encode(errors="surrogateescape")).decode()
