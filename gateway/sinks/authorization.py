"""Who the gateway says it is: basic, bearer, OAuth2 or a header of the operator's, one of them."""

import base64

from pydantic import Field

from gateway.settings.secrets import Secret
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


def authorization(bearer: Secret | None, basic: Basic | None) -> dict[str, str]:
    """The header that says who the gateway is; none without a credential."""
    if basic is not None:
        return {"Authorization": f"Basic {basic.pair}"}
    return {} if bearer is None else {"Authorization": f"Bearer {bearer.reveal()}"}


def concealed(bearer: Secret | None, basic: Basic | None) -> list[Secret | str]:
    """What of the credentials must not come back in an answer's text."""
    found: list[Secret | str] = [] if bearer is None else [bearer]
    return found if basic is None else [*found, basic.password, basic.pair]


def encoded(username: str, password: str) -> str:
    """User name and password in base64."""
    return base64.b64encode(f"{username}:{password}".encode(errors="surrogateescape")).decode()
