import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from structlog.testing import capture_logs

from gateway.errors import CannotStart
from gateway.web.listener import Listener


class Slow:
    """An application that answers when the gate opens."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.entered = asyncio.Event()
        self.app = web.Application()
        self.app.router.add_route("*", "/", self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        self.entered.set()
        body = await request.read()
        await self.gate.wait()
        return web.Response(body=body)


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def write_chain(folder: Path, authority: trustme.CA) -> tuple[Path, Path]:
    issued = authority.issue_cert("localhost")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return certificate, key


def trusting(*authorities: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    for authority in authorities:
        authority.configure_trust(context)
    return context


async def test_requests_that_have_begun_are_finished(listen: Any, dial: Any) -> None:
    slow = Slow()
    listener = await listen(slow.app)
    wire = await dial(listener.port)
    await wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx")
    await slow.entered.wait()

    stopping = asyncio.create_task(listener.stop(30))
    await asyncio.sleep(0)
    await wire.send(b"y")
    slow.gate.set()
    code, headers, body = await wire.answer()
    await stopping

    assert (code, headers["connection"], body) == (200, "close", b"xy")


async def test_nobody_gets_in_while_it_stops(listen: Any, dial: Any) -> None:
    listener = await listen(Slow().app)
    port = listener.port

    await listener.stop_accepting()

    with pytest.raises(ConnectionRefusedError):
        await dial(port)


async def test_an_idle_connection_does_not_hold_it_up(listen: Any, dial: Any) -> None:
    slow = Slow()
    slow.gate.set()
    listener = await listen(slow.app)
    wire = await dial(listener.port)
    await wire.send(GET)
    await wire.answer()

    await asyncio.wait_for(listener.stop(30), 5)

    assert await wire.ends() == b""


async def test_what_is_not_done_within_the_grace_is_cut(listen: Any, dial: Any) -> None:
    slow = Slow()
    listener = await listen(slow.app)
    wire = await dial(listener.port)
    await wire.send(GET)
    await slow.entered.wait()

    await asyncio.wait_for(listener.stop(0.01), 5)

    assert await wire.ends() == b""


async def test_an_address_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CannotStart, match=rf"cannot listen on 127\.0\.0\.1:{port}: .*in use"):
            await Listener(web.Application(), ("127.0.0.1", port)).start()


async def test_a_host_that_is_not_ours_is_one_line() -> None:
    with pytest.raises(CannotStart, match=r"cannot listen on 192\.0\.2\.1:0: "):
        await Listener(web.Application(), ("192.0.2.1", 0)).start()


async def test_a_listener_that_did_not_start_stops() -> None:
    await Listener(web.Application(), ("127.0.0.1", 0)).stop(1)


async def test_https_speaks_tls_1_2_and_later(listen: Any, dial: Any, tmp_path: Path) -> None:
    authority = trustme.CA()
    slow = Slow()
    slow.gate.set()
    listener = await listen(slow.app, tls=write_chain(tmp_path, authority))

    wire = await dial(listener.port, trusting(authority))
    await wire.send(GET)

    assert (await wire.answer())[0] == 200
    assert wire.writer.get_extra_info("ssl_object").version() == "TLSv1.3"


async def test_a_cipher_without_forward_secrecy_is_refused(
    listen: Any, dial: Any, tmp_path: Path
) -> None:
    authority = trustme.CA()
    listener = await listen(Slow().app, tls=write_chain(tmp_path, authority))
    old = trusting(authority)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES128-SHA:AES256-GCM-SHA384")

    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await dial(listener.port, old)


async def test_a_new_certificate_serves_without_a_restart(
    listen: Any, dial: Any, tmp_path: Path
) -> None:
    old, new = trustme.CA(), trustme.CA()
    listener = await listen(Slow().app, tls=write_chain(tmp_path, old))

    write_chain(tmp_path, new)
    await listener.reload_certificate()

    await dial(listener.port, trusting(new))
    with pytest.raises(ssl.SSLCertVerificationError):
        await dial(listener.port, trusting(old))


@pytest.mark.parametrize("name", ["cert.pem", "key.pem"])
@pytest.mark.parametrize("fault", ["nonsense", "gone", "half of a new pair"])
async def test_bad_files_keep_the_old_certificate_and_are_logged_once(
    listen: Any, dial: Any, tmp_path: Path, name: str, fault: str
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    listener = await listen(Slow().app, tls=write_chain(tmp_path, authority))
    spoil(tmp_path / name, fault, other)

    with capture_logs() as lines:
        await listener.reload_certificate()
        await listener.reload_certificate()

    await dial(listener.port, trusting(authority))
    assert [line["log_level"] for line in lines] == ["error"]


def spoil(file: Path, fault: str, other: trustme.CA) -> None:
    if fault == "gone":
        file.unlink()
    elif fault == "nonsense":
        file.write_text("no certificate, no key")
    else:
        fresh = file.parent / "fresh"
        fresh.mkdir()
        write_chain(fresh, other)
        file.write_bytes((fresh / file.name).read_bytes())


async def test_a_pair_that_was_written_half_way_serves_once_it_is_whole(
    listen: Any, dial: Any, tmp_path: Path
) -> None:
    old, new = trustme.CA(), trustme.CA()
    certificate, _ = files = write_chain(tmp_path, old)
    listener = await listen(Slow().app, tls=files)
    spoil(certificate, "half of a new pair", new)
    await listener.reload_certificate()

    write_chain(tmp_path, new)
    await listener.reload_certificate()

    await dial(listener.port, trusting(new))


async def test_unchanged_files_are_left_alone(listen: Any, tmp_path: Path) -> None:
    listener = await listen(Slow().app, tls=write_chain(tmp_path, trustme.CA()))

    with capture_logs() as lines:
        await listener.reload_certificate()

    assert lines == []


async def test_without_tls_there_is_nothing_to_reload(listen: Any) -> None:
    await (await listen(Slow().app)).reload_certificate()


@pytest.mark.parametrize("fault", ["gone", "nonsense"])
async def test_a_bad_certificate_at_the_start_is_one_line(tmp_path: Path, fault: str) -> None:
    files = write_chain(tmp_path, trustme.CA())
    spoil(files[0], fault, trustme.CA())

    with pytest.raises(CannotStart, match=r"server\.tls: .*cert\.pem"):
        await Listener(web.Application(), ("127.0.0.1", 0), tls=files).start()
