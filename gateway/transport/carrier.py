"""What carries every request: each by its own protocol, all by the egress rules but Apprise."""

from collections.abc import Sequence

from gateway.model.exchange import AnyRequest, Mail, Notification, Request, Response
from gateway.transport.apprise import notify
from gateway.transport.guard import Network, Rules
from gateway.transport.http import Http
from gateway.transport.smtp import Smtp


class Carrier:
    """Sends whatever a sink asks for."""

    def __init__(self, *, deny: Sequence[Network] = (), allow: Sequence[Network] = ()) -> None:
        self._rules = Rules(deny=deny, allow=allow)
        self._http = Http(self._rules)
        self._smtp = Smtp(self._rules)

    def rules(self, *, deny: Sequence[Network], allow: Sequence[Network]) -> None:
        """From now on connections are made by these rules."""
        self._rules.deny, self._rules.allow = deny, allow

    async def send(self, request: AnyRequest) -> Response:
        """The answer; raises TransportError where none came."""
        match request:
            case Request():
                return await self._http.send(request)
            case Mail():
                return await self._smtp.send(request)
            case Notification():
                return await notify(request)

    async def close(self) -> None:
        """Closes every connection."""
        await self._http.close()
