from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.errors import Blocked
from gateway.model.exchange import AnyRequest, Mail, Notification, Request
from gateway.model.secret import Concealed
from gateway.transport.carrier import Carrier
from tests.mailroom import mailroom


def mail(port: int) -> Mail:
    return Mail(
        host="127.0.0.1",
        port=port,
        security="none",
        sender="gateway@corp.example",
        recipients=("a@corp.example",),
        content=b"Subject: hi\r\n\r\nhi\r\n",
    )


def notification(port: int | None) -> Notification:
    address = f"json://127.0.0.1:{port}/"
    return Notification(address=address, title="hi", text="hi", kind="warning")


# One of Apprise's plugins imports a part of the standard library that Python 3.13 has not.
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
async def test_each_request_goes_by_its_protocol() -> None:
    async def answering(_: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", answering)
    carrier = Carrier()
    async with TestServer(app) as server, mailroom() as room:
        http = await carrier.send(Request(method="POST", url=Concealed(str(server.make_url("/")))))
        smtp = await carrier.send(mail(room.port))
        other = await carrier.send(notification(server.port))
        await carrier.close()

    assert (http.status, smtp.status, other.status) == (204, 250, 200)


@pytest.mark.parametrize(
    "request_", [Request(method="POST", url=Concealed("http://127.0.0.1:9/")), mail(9)]
)
async def test_new_rules_hold_for_http_and_mail(request_: AnyRequest) -> None:
    carrier = Carrier()
    carrier.rules(deny=[ip_network("127.0.0.0/8")], allow=[])

    with pytest.raises(Blocked):
        await carrier.send(request_)

    await carrier.close()
