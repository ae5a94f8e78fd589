"""`snyk-gateway reload`."""

from gateway.cli.admin_api import change
from gateway.cli.options import ADMIN_URL, AdminUrl, Json
from gateway.cli.streams import show, show_json, tell
from gateway.cli.text import printable


def reload(*, url: AdminUrl = ADMIN_URL, as_json: Json = False) -> int:
    """Let a running gateway read its configuration anew; where it refuses, say why."""
    answer = change(url, "/api/v1/reload", {})
    if as_json:
        show_json(answer)
        return 0
    for warning in answer["warnings"]:
        tell(printable(warning))
    show(answer["status"])
    return 0
