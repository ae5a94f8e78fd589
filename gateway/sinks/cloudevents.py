"""CloudEvents 1.0 over HTTP: (source, id) tells one delivery from all others.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

import base64
from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

from gateway.codec import decode, encode
from gateway.errors import Unreadable
from gateway.model.exchange import Message

Mode = Literal["binary", "structured"]
STRUCTURED = "application/cloudevents+json"

_PREFIX = "snyk."
# What the binding leaves as it is: U+0021 to U+007E but for `"` and `%`.
_SAFE = "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"


def attributes(message: Message) -> dict[str, str]:
    """The event's attributes by name; those that are not known are left out."""
    about = message.about
    known = {
        "specversion": "1.0",
        "id": message.identity,
        "source": f"/snyk/orgs/{quote(about.org, safe='')}" if about.org else "/snyk",
        "type": _PREFIX + (about.kind or "message"),
        "subject": about.subject,
        "time": about.time.isoformat().replace("+00:00", "Z") if about.time else "",
    }
    return {name: value for name, value in known.items() if value}


def headers(message: Message) -> dict[str, str]:
    """The attributes beside a body that stays as it is (binary mode)."""
    return {
        f"ce-{name}": quote(value, safe=_SAFE, errors="replace")
        for name, value in attributes(message).items()
    }


def envelope(message: Message, body: bytes, content_type: str) -> bytes:
    """The attributes and the body in one document (structured mode).

    A body that is JSON stands in it byte for byte; any other in base64.
    """
    known: Mapping[str, str] = attributes(message)
    try:
        decode(body)
    except Unreadable:
        encoded = base64.b64encode(body).decode()
        return encode({**known, "datacontenttype": content_type, "data_base64": encoded})
    return encode({**known, "datacontenttype": content_type})[:-1] + b',"data":' + body + b"}"
