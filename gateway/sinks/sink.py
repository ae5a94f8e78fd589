"""What a sink is: a message becomes requests, answers become an outcome. No sink opens a socket."""

from collections.abc import Generator, Iterable, Mapping
from typing import Any, ClassVar, Literal, Protocol

from pydantic import Field

from gateway.model.exchange import AnyRequest, Message, Outcome, Request, Response
from gateway.settings.section import Section
from gateway.settings.tls import ClientTls
from gateway.settings.types import Duration, ProxyUrl, RateText, TemplateName, Whole
from gateway.sinks.fallback import FallbackText

Format = Literal["json", "slack", "card", "gchat", "md", "html", "txt"]
"""The suffix of a template's file; it decides how `{{ }}` is escaped."""

Exchange = Generator[Request, Response, Outcome]
"""Yields each request, is sent its response, and returns the outcome."""
AnyExchange = Generator[AnyRequest, Response, Outcome]
"""The same, by whatever protocol."""


class Retry(Section):
    """How long a sink is tried."""

    max_age: Duration = Field(default=28 * 3600.0, gt=0, description="Dead when so old")
    max_wait: Duration | None = Field(
        default=None, gt=0, description="Longest wait between two tries"
    )


class SinkSettings(Section):
    """Settings that every sink takes; a sink's own model adds to them."""

    type: str
    template: TemplateName | None = None
    send_resolved: bool | None = None
    timeout: Duration = Field(default=15.0, gt=0, le=300)
    concurrency: Whole = Field(default=4, ge=1, le=64)
    retry: Retry = Retry()
    mode: Literal["send", "record"] = Field(
        default="send", description="record: rendered and kept, never sent"
    )
    rate: RateText | None = None
    fallback: FallbackText | None = Field(
        default=None, description="Another sink that is told where this one cannot be"
    )
    proxy: ProxyUrl | None = Field(default=None, description="HTTP proxy on the way there")
    tls: ClientTls | None = Field(default=None, description="Own authorities, client certificate")
    on_ambiguous: Literal["retry", "dead"] = Field(
        default="retry", description="After a try that may have got through"
    )


class Sink(Protocol):
    """One place to deliver to."""

    also: ClassVar[tuple[Format, ...]]
    """Further formats that a message is made in, as far as there are templates for them."""
    max_wait: ClassVar[float]
    """Longest wait between two tries unless the settings say otherwise, in seconds."""
    lane: str
    """The setting whose value divides the sink into lanes, each with `rate` and Retry-After of its
    own; empty where there are none."""

    @property
    def type(self) -> str:
        """The word that `type` takes."""
        ...

    @property
    def format(self) -> Format:
        """The format of its templates."""
        ...

    @property
    def lifecycle(self) -> bool:
        """Whether it keeps one object per alert: then an update and a close are owed too."""
        ...

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        ...

    @property
    def requests(self) -> int:
        """The most requests that one exchange makes: a lease outlasts them all."""
        ...

    @property
    def settings(self) -> SinkSettings:
        """What the operator set."""
        ...

    @property
    def send_resolved(self) -> bool:
        """Whether it wants to hear of fixes."""
        ...

    @property
    def values(self) -> Mapping[str, Any]:
        """Settings that may hold Jinja and differ per alert; worked out into `Message.values`."""
        ...

    def deliver(self, message: Message, receipt: Mapping[str, str] | None) -> AnyExchange:
        """The exchange that tells the sink; `receipt` is what it gave back earlier.

        It may return without a request, where the message alone says that it cannot work.
        """
        ...

    def faults(self, message: Message) -> list[str]:
        """What the sink's limits would cut or refuse in a rendered message; empty when it fits."""
        ...


def fallbacks(sinks: Iterable[Sink]) -> dict[str, str]:
    """Which sink stands in for which, by name."""
    return {
        sink.name: sink.settings.fallback.sink
        for sink in sinks
        if sink.settings.fallback is not None
    }
