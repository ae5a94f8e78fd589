"""`snyk-gateway healthcheck`: containers ask every few seconds, so it loads next to nothing."""

import argparse
import http.client
import os
import ssl
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

DEFAULT_URL = "http://127.0.0.1:8080/readyz"
_TIMEOUT = 5.0
_OK = 200


def healthcheck(words: Sequence[str]) -> int:
    """Exit code 0 when the gateway is ready, 1 when it says no, 3 when it does not answer."""
    parser = argparse.ArgumentParser(
        prog="snyk-gateway healthcheck",
        description="Asks a running gateway whether it is ready.",
        epilog="Exit code 0: ready. 1: it answers, and is not ready. 3: no answer.",
    )
    parser.add_argument(
        "--url",
        default=os.environ.get("GATEWAY_HEALTH_URL") or DEFAULT_URL,
        help=f"address to ask, without a path /readyz is meant "
        f"(GATEWAY_HEALTH_URL, else {DEFAULT_URL})",
    )
    parts = _parts(parser.parse_args(words).url)
    if parts is None:
        parser.error("--url: write http://host:port/readyz")
    try:
        status = probe(parts)
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"no answer from {parts.netloc}: {error}\n")
        return 3
    words_for = "ready" if status == _OK else f"not ready: status {status}"
    sys.stderr.write(f"{words_for}\n")
    return 0 if status == _OK else 1


def _parts(url: str) -> SplitResult | None:
    """The URL taken apart, or None where it is not one."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1)
    except ValueError:
        return None
    return parts if sound else None


def probe(parts: SplitResult) -> int:
    """The status of one GET; raises OSError or HTTPException where none came."""
    connection = _connection(parts)
    try:
        connection.request("GET", parts.path.rstrip("/") or "/readyz")
        return connection.getresponse().status
    finally:
        connection.close()


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT)
    context = ssl.create_default_context()
    if _is_loopback(host):
        # The certificate is made out to the public name, and nobody sits in between here.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, parts.port, timeout=_TIMEOUT, context=context)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
