"""Own authorities and client certificates, against a real server that asks for them."""

import shutil
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.errors import TransportError
from gateway.model.exchange import Request, Response
from gateway.model.secret import Concealed
from gateway.model.tls import TlsFiles
from gateway.transport.http import Http

OURS, THEIRS = trustme.CA(), trustme.CA()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http()
    yield client
    await client.close()


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """Answers whom it was shown; without a certificate by our authority it talks to nobody."""

    async def answering(incoming: web.Request) -> web.Response:
        assert incoming.transport
        shown = incoming.transport.get_extra_info("peercert")
        return web.Response(text=shown["subjectAltName"][0][1])

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    THEIRS.issue_cert("127.0.0.1").configure_cert(context)
    OURS.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    app = web.Application()
    app.router.add_post("/", answering)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=context)
    yield server
    await server.close()


def written(folder: Path, name: str, *, authority: trustme.CA = THEIRS) -> TlsFiles:
    """The files of a client of that name, which trusts the authority."""
    issued = OURS.issue_cert(name)
    files = TlsFiles(ca=folder / "ca.pem", certificate=folder / "cert.pem", key=folder / "key.pem")
    authority.cert_pem.write_to_path(str(files.ca))
    issued.cert_chain_pems[0].write_to_path(str(files.certificate))
    issued.private_key_pem.write_to_path(str(files.key))
    return files


async def sent(http: Http, server: TestServer, files: TlsFiles | None) -> Response:
    url = Concealed(str(server.make_url("/")))
    return await http.send(Request(method="POST", url=url, body=b"{}", tls=files))


async def failure(http: Http, server: TestServer, files: TlsFiles | None) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await sent(http, server, files)
    return caught.value


async def test_the_client_certificate_is_shown(
    http: Http, server: TestServer, tmp_path: Path
) -> None:
    response = await sent(http, server, written(tmp_path, "gateway.example"))

    assert (response.status, response.body) == (200, b"gateway.example")


async def test_the_key_may_stand_in_the_certificate_s_file(
    http: Http, server: TestServer, tmp_path: Path
) -> None:
    files = written(tmp_path, "gateway.example")
    assert files.certificate
    assert files.key
    files.certificate.write_bytes(files.key.read_bytes() + files.certificate.read_bytes())

    response = await sent(http, server, replace(files, key=None))

    assert response.body == b"gateway.example"


async def test_without_a_certificate_the_server_does_not_talk(
    http: Http, server: TestServer, tmp_path: Path
) -> None:
    files = written(tmp_path, "gateway.example")

    await failure(http, server, TlsFiles(ca=files.ca))


async def test_a_server_of_another_authority_is_not_talked_to(
    http: Http, server: TestServer, tmp_path: Path
) -> None:
    files = written(tmp_path, "gateway.example", authority=OURS)

    error = await failure(http, server, files)

    assert (error.reason, error.ambiguous) == ("tls", False)


async def test_the_system_s_authorities_count_where_no_other_is_named(
    http: Http, server: TestServer
) -> None:
    error = await failure(http, server, None)

    assert (error.reason, error.ambiguous) == ("tls", False)


async def test_one_sink_s_files_are_not_another_s(
    http: Http, server: TestServer, tmp_path: Path
) -> None:
    """Connections are kept open: one of the first must not serve the second."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = written(tmp_path / "a", "a.example"), written(tmp_path / "b", "b.example")

    bodies = [(await sent(http, server, each)).body for each in (first, second, first)]

    assert bodies == [b"a.example", b"b.example", b"a.example"]


async def test_a_new_certificate_is_shown_at_once(
    http: Http, server: TestServer, tmp_path: Path
) -> None:
    before = await sent(http, server, written(tmp_path, "old.example"))

    after = await sent(http, server, written(tmp_path, "new.example"))

    assert (before.body, after.body) == (b"old.example", b"new.example")


async def test_a_link_that_is_put_on_another_folder_counts(
    http: Http, server: TestServer, tmp_path: Path
) -> None:
    """As Kubernetes renews a mounted secret."""
    folders = {name: tmp_path / name for name in ("old.example", "new.example")}
    for name, folder in folders.items():
        folder.mkdir()
        written(folder, name)
    link = tmp_path / "data"
    files = TlsFiles(ca=link / "ca.pem", certificate=link / "cert.pem", key=link / "key.pem")
    link.symlink_to(folders["old.example"])
    before = await sent(http, server, files)
    (tmp_path / "next").symlink_to(folders["new.example"])
    (tmp_path / "next").rename(link)

    after = await sent(http, server, files)

    assert (before.body, after.body) == (b"old.example", b"new.example")


async def test_a_half_renewed_pair_changes_nothing_until_it_is_whole(
    http: Http, server: TestServer, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    files, new = written(tmp_path, "old.example"), written(tmp_path / "new", "new.example")
    assert files.certificate
    assert files.key
    assert new.certificate
    assert new.key
    bodies = [(await sent(http, server, files)).body]

    for here, there in ((files.certificate, new.certificate), (files.key, new.key)):
        shutil.copy(there, here)
        bodies.append((await sent(http, server, files)).body)

    assert bodies == [b"old.example", b"old.example", b"new.example"]


@pytest.mark.parametrize("gone", ["ca.pem", "cert.pem", "key.pem"])
async def test_files_that_never_were_any_good_are_a_tls_failure(
    http: Http, server: TestServer, tmp_path: Path, gone: str
) -> None:
    files = written(tmp_path, "gateway.example")
    (tmp_path / gone).unlink()

    error = await failure(http, server, files)

    assert (error.reason, error.ambiguous) == ("tls", False)
    assert str(tmp_path) not in str(error)
