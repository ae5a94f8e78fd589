"""Notice and template in, the document that a sink is sent out."""

# ruff: noqa: A002 - a sink's type and format are called so everywhere

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.codec import decode
from gateway.errors import TemplateError, Unreadable
from gateway.model.limits import cut
from gateway.model.notice import Notice
from gateway.rendering import context
from gateway.rendering.bounds import MAX_FINDINGS, Bounds
from gateway.rendering.environment import Environment
from gateway.rendering.escaping import JSON_FORMATS
from gateway.rendering.folder import BUILT_IN, Folder, Loader, file_name
from gateway.rendering.formats import environment, uses_raw
from gateway.rendering.values import Values, Worked

# Long enough to say what failed, short enough not to drown the alert.
_MAX_NOTE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A document, and why the template that was asked for could not make it."""

    body: str
    failed: str | None = None
    """None where that template made it; otherwise the body is the built-in one's."""


class Renderer:
    """Renders notices with an operator's templates and the built-in ones."""

    def __init__(
        self,
        folder: Path | None,
        *,
        public_url: str | None = None,
        on_error: Callable[[], None] = lambda: None,
    ) -> None:
        self._own = Folder(folder)
        self._built_in = Folder(BUILT_IN)
        self._public_url = public_url
        self._on_error = on_error
        self._environments: dict[tuple[str, bool], Environment] = {}
        self._values = Values()

    def missing(self, template: str, format: str) -> str | None:
        """What to tell an operator who asks for a template that there is not."""
        file = file_name(template, format)
        if file in self._own or file in self._built_in:
            return None
        return f"no template is called {template!r} for {format}: templates/{file} is missing"

    def check(self, template: str, format: str) -> list[str]:
        """What is wrong with a template before anything is rendered with it."""
        missing = self.missing(template, format)
        if missing is not None:
            return [missing]
        try:
            self._environment(format, own=True).compiles(file_name(template, format))
        except TemplateError as error:
            return [_place(error)]
        return []

    def opts_out(self, template: str, format: str) -> bool:
        """Whether an operator's template prints anything unescaped (`| raw`)."""
        file = file_name(template, format)
        return file in self._own and uses_raw(self._own.text(file))

    def render(
        self,
        notice: Notice,
        *,
        sink: str,
        type: str,
        format: str,
        template: str | None,
        max_findings: int = MAX_FINDINGS,
    ) -> Rendered:
        """The document for one sink; the built-in one with a note where the template fails."""
        bounds = Bounds(findings=max_findings)
        of = {"name": sink, "type": type}
        if template is None:
            return Rendered(body=self._plain(notice, bounds, of, format))
        try:
            body = self._own_document(template, format, self._names(notice, bounds, of))
        except TemplateError as error:
            self._on_error()
            failed = _place(error)
            note = cut(f"The template {template!r} failed: {failed}", _MAX_NOTE)
            return Rendered(body=self._plain(notice, bounds, of, format, note), failed=failed)
        return Rendered(body=body)

    def values(
        self, settings: Mapping[str, Any], notice: Notice, *, sink: str, type: str
    ) -> Worked:
        """A sink's settings with their expressions worked out; those that fail are left out.

        Raises TemplateError where it is the `url` that fails: there is no other.
        """
        known = self._names(notice, Bounds(), {"name": sink, "type": type})
        return self._values.work_out(settings, known)

    def compile_value(self, text: str) -> None:
        """Raises TemplateError where a setting's expressions do not compile."""
        self._values.compiles(text)

    def built_in(self) -> list[str]:
        """The file names of the built-in templates."""
        return self._built_in.names

    def source(self, name: str) -> str:
        """The text of a built-in template; raises TemplateError where there is none."""
        return self._built_in.text(name)

    def _own_document(self, template: str, format: str, known: context.Names) -> str:
        missing = self.missing(template, format)
        if missing is not None:
            raise TemplateError(missing)
        file = file_name(template, format)
        body = self._environment(format, own=True).render(file, known)
        if format in JSON_FORMATS:
            _readable(body, file, known["sink"]["type"])
        return body

    def _plain(
        self, notice: Notice, bounds: Bounds, sink: Mapping[str, str], format: str, note: str = ""
    ) -> str:
        """The built-in document; where it grows too long, with less in it."""
        templates = self._environment(format, own=False)
        file = file_name(sink["type"], format)
        failure = TemplateError("cannot be rendered", name=file)
        for tighter in bounds.ladder():
            known = {**self._names(notice, tighter, sink), "note": note}
            try:
                return templates.render(file, known)
            except TemplateError as error:
                failure = error
        raise failure

    def _names(self, notice: Notice, bounds: Bounds, sink: Mapping[str, str]) -> context.Names:
        return context.names(notice, bounds, sink=sink, public_url=self._public_url)

    def _environment(self, format: str, *, own: bool) -> Environment:
        """The format's templates: the operator's before the built-in ones, or only these."""
        key = format, own
        if key not in self._environments:
            folders = (self._own, self._built_in) if own else (self._built_in,)
            self._environments[key] = environment(format, Loader(format, *folders))
        return self._environments[key]


def _readable(body: str, file: str, type: str) -> None:
    """Raises TemplateError for a document that the sink could not even read."""
    try:
        document = decode(body)
    except Unreadable as error:
        raise TemplateError(f"what it makes is {error}", name=file) from None
    # Only a plain HTTP endpoint takes JSON of any shape.
    if type != "http" and not isinstance(document, dict):
        raise TemplateError("what it makes is not a JSON object", name=file)


def _place(error: TemplateError) -> str:
    """`templates/short.slack.j2:3: 'summary' is undefined`."""
    line = f":{error.line}" if error.line else ""
    where = f"templates/{error.name}{line}" if error.name else ""
    return ": ".join(part for part in (where, str(error)) if part)
