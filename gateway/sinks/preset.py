"""A preset: what makes a named integration of an HTTP endpoint, as data.

`http` itself is the preset that says nothing.
"""

from copy import deepcopy
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, create_model, model_validator

from gateway.codec import decode_object, encode
from gateway.model.exchange import Message, Response
from gateway.settings.interpolation import is_placeholder
from gateway.settings.regex import Pattern
from gateway.settings.secrets import Secret
from gateway.settings.section import Section
from gateway.settings.types import RateText, SecretUrl, TemplateName, Truth, problem
from gateway.sinks.http_settings import EndpointSettings, Method, sound_headers
from gateway.sinks.jsonpath import JsonPath, values
from gateway.sinks.limits import Limits, fit_document, fit_text
from gateway.sinks.status import LONGEST_WAIT
from gateway.sinks.success import Success

Format = Literal["json", "slack", "card", "gchat", "md", "txt"]
_TEXTS = {"md": "text/markdown; charset=utf-8", "txt": "text/plain; charset=utf-8"}


class UrlShape(Section):
    """What the URLs of a service look like."""

    pattern: Pattern = Field(description="All of the URL (RE2)")
    example: str = Field(description="What operators are shown")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if not self.pattern.fullmatch(self.example):
            raise problem("the example is not what the pattern describes")
        return self


class Preset(Section):
    """What a service expects and how it answers; what is left out is as with `http`."""

    about: str = Field(default="", description="One sentence for people")
    url: UrlShape | None = None
    method: Method = "POST"
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    format: Format = "json"
    template: TemplateName | None = None
    always: dict[str, Any] = Field(
        default_factory=dict, description="Top-level keys of every message; texts may be Jinja"
    )
    limits: Limits = Limits()
    success: Success = Success()
    retry_after: JsonPath | None = Field(
        default=None, description="Where the answer says how many seconds to wait"
    )
    rate: RateText | None = None
    lifecycle: Truth = Field(default=False, description="Updates and closes are told too")
    send_resolved: Truth | None = Field(default=None, description="As `lifecycle` unless given")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        sound_headers(self.headers)
        if any(name.lower() == "authorization" for name in self.headers):
            raise problem("credentials stand in the sink: bearer, basic, oauth2 or headers")
        limits = self.limits
        if self.format in _TEXTS and (self.always or limits.texts or limits.items or limits.sums):
            raise problem(f"{self.format} is text: it has no keys, only bytes and characters")
        if self.format not in _TEXTS and limits.characters is not None:
            raise problem("limits.characters is for md and txt; write texts or bytes")
        return self

    @property
    def content_type(self) -> str:
        """Of every message, unless a header says otherwise."""
        return _TEXTS.get(self.format, "application/json")

    def fitted(self, message: Message) -> tuple[bytes, list[str]] | None:
        """The body within the limits, and a sentence for each thing that had to give.

        None where the message is not the JSON object that it should be.
        """
        if self.format in _TEXTS:
            text, faults = fit_text(message.body, self.limits, self.format)
            return text.encode(), faults
        document = decode_object(message.body)
        if document is None:
            return None
        document |= deepcopy(message.values.get("always", self.always))  # it may be cut below
        faults = fit_document(document, self.limits, self.format)
        return encode(document), faults

    def wait(self, response: Response) -> float | None:
        """Seconds that the answer's body asks for, at most an hour."""
        document = decode_object(response.body) if self.retry_after else None
        found = values(document, self.retry_after) if document and self.retry_after else []
        if len(found) != 1 or isinstance(found[0], bool) or not isinstance(found[0], int | float):
            return None
        return min(max(float(found[0]), 0.0), LONGEST_WAIT)


def settings_of(name: str, preset: Preset) -> type[EndpointSettings]:
    """The settings of sinks of that type: those of `http`, with what the preset says of them."""

    def shaped(url: Secret) -> Secret:
        shape, text = preset.url, url.reveal()
        if shape and not is_placeholder(text) and not shape.pattern.fullmatch(text):
            raise problem(f"not the URL of a {name} webhook; write {shape.example}")
        return url

    own: Any = {  # types that are put together here from the preset
        "type": (Literal[name], ...),
        "url": (Annotated[SecretUrl, AfterValidator(shaped)], ...),
        "method": (Method, preset.method),
        "template": (TemplateName | None, preset.template),
        "rate": (RateText | None, Field(default_factory=lambda: preset.rate)),
    }
    return create_model(f"{name}_settings", __base__=EndpointSettings, __doc__=preset.about, **own)
