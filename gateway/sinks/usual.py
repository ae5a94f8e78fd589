"""What most sinks are alike in; one that differs says so."""

from collections.abc import Mapping
from typing import Any, ClassVar

from gateway.model.exchange import Refused
from gateway.sinks.sink import Format, SinkSettings

NO_OBJECT = Refused(reason="bad_request", detail="the message is not a JSON object")
"""What becomes of a message that should be one."""


class Usual:
    """A sink that is told by one request, keeps nothing, and is set up alike for every alert."""

    also: ClassVar[tuple[Format, ...]] = ()
    lifecycle: ClassVar[bool] = False
    max_wait: ClassVar[float] = 3600.0
    requests: ClassVar[int] = 1
    lane = ""

    def __init__(self, name: str, settings: SinkSettings) -> None:
        self.name = name
        self.settings = settings
        # Where one object per alert is kept it is closed too, unless the operator says otherwise.
        asked = settings.send_resolved
        self.send_resolved = self.lifecycle if asked is None else asked

    @property
    def values(self) -> Mapping[str, Any]:
        """Nothing differs per alert."""
        return {}
