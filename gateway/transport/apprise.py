"""Notifications by Apprise, which says only whether it worked.

It connects by itself: the egress rules, TLS settings and proxies of the gateway do not hold there.
https://github.com/caronc/apprise
"""

import logging
from functools import cache
from http import HTTPStatus
from importlib import import_module
from typing import Any

from gateway.errors import TransportError
from gateway.model.exchange import Notification, Response
from gateway.settings.interpolation import is_placeholder
from gateway.transport.patience import patience

# What they log may hold addresses, of which every part may be a credential.
_TALKATIVE = ("apprise", "urllib3")


@cache
def _library() -> Any:
    """Apprise, imported at first use; None where it is not installed."""
    try:
        library = import_module("apprise")
    except ImportError:
        return None
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return library


def objection(address: str) -> str | None:
    """Why nothing can be sent to an address, found out without a network; None where it can."""
    library = _library()
    if library is None:
        return "Apprise is not installed: pip install 'snyk-gateway[apprise]'"
    if is_placeholder(address) or _service(library, address) is not None:
        return None
    return "Apprise knows no such service, or not with these parts: see its wiki for the URL"


async def notify(notification: Notification) -> Response:
    """Whether it worked, in the words of HTTP: 200, 502 where it did not, 400 where it never will.

    Raises TransportError after the time-out. The thread that waits for the service cannot be
    stopped: what it sends may still get through.
    """
    library = _library()
    service = None if library is None else _service(library, notification.address)
    if service is None:
        return _said(HTTPStatus.BAD_REQUEST, "Apprise cannot use this URL")
    try:
        async with patience(notification.timeout):
            # The service itself, not the library's queue of services: that one tries again.
            sent = await service.async_notify(
                title=notification.title,
                body=notification.text,
                notify_type=notification.kind,
                body_format=library.NotifyFormat.TEXT,
                overflow=library.OverflowMode.TRUNCATE,
            )
    except TimeoutError:
        text = "the service did not answer Apprise in time"
        raise TransportError("timeout", text, ambiguous=True) from None
    except Exception as error:  # noqa: BLE001 - over a hundred plugins, each with errors of its own
        return _said(HTTPStatus.BAD_REQUEST, f"Apprise failed: {type(error).__name__}")
    if not sent:
        return _said(HTTPStatus.BAD_GATEWAY, "Apprise says that it did not work, not why")
    return _said(HTTPStatus.OK, "sent")


def _service(library: Any, address: str) -> Any:
    """What speaks to the address: made anew each time, so that it keeps nothing and waits for none.

    None where Apprise knows no such service.
    """
    asset = library.AppriseAsset(storage_mode="memory", secure_logging=True)
    return library.Apprise.instantiate(address, asset=asset)


def _said(status: HTTPStatus, text: str) -> Response:
    return Response(status=status, body=text.encode())
