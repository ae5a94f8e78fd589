"""Notice and template in, the document that a sink is sent out."""

# ruff: noqa: A002 - a sink's type and format are called so everywhere

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
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
from gateway.rendering.folder import BUILT_IN, Folder, Loader, file_name, template_name
from gateway.rendering.formats import environment, takes_in, uses_raw
from gateway.rendering.values import Values, Worked
from gateway.sandbox.marks import varies

# What is sent where a type, such as a preset of the operator's, has no built-in template.
_OF_FORMAT = {
    "json": "http",
    "slack": "slack",
    "card": "mattermost",
    "gchat": "googlechat",
    "md": "plain",
    "txt": "plain",
}

Fits = Callable[[str], bool]
"""Whether a sink takes a document as it is, nothing cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A document, and why the template that was asked for could not make it."""

    body: str
    also: Mapping[str, str] = field(default_factory=dict)
    """The same in further formats, by format."""
    failed: str | None = None
    """None where that template made it; otherwise the body is the built-in one's."""


class Renderer:
    """Renders notices with an operator's templates and the built-in ones."""

    def __init__(
        self,
        folder: Path | None,
        *,
        public_url: str | None = None,
        tables: Mapping[str, Any] | None = None,
        on_error: Callable[[], None] = lambda: None,
    ) -> None:
        self._own = Folder(folder)
        self._built_in = Folder(BUILT_IN)
        self._public_url = public_url
        self._tables = tables or {}
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
        also: Sequence[str] = (),
        max_findings: int = MAX_FINDINGS,
        fits: Fits = lambda _body: True,
    ) -> Rendered:
        """The document for one sink; the built-in one with a note where the template fails.

        The built-in one lists fewer findings where it does not fit, and counts the others. Of the
        formats in `also` an operator's template makes those that it has a file for.
        """
        bounds = Bounds(findings=max_findings)
        of = {"name": sink, "type": type}
        formats = (format, *also)
        if template is None or self._is_built_in(template, format):
            name = template or type
            return self._plain(name, notice, bounds, of, formats=formats, fits=fits)
        there = [each for each in also if self.missing(template, each) is None]
        known = self._names(notice, bounds, of)
        try:
            made = {each: self._own_document(template, each, known) for each in (format, *there)}
        except TemplateError as error:
            self._on_error()
            failed = _place(error)
            note = cut(f"The template {template!r} failed: {failed}", context.MAX_NOTE)
            plain = self._plain(type, notice, bounds, of, formats=formats, fits=fits, note=note)
            return replace(plain, failed=failed)
        return _rendered(made, format)

    def values(
        self,
        settings: Mapping[str, Any],
        notice: Notice,
        *,
        sink: str,
        type: str,
        max_findings: int = MAX_FINDINGS,
        kept: Mapping[str, Any] | None = None,
    ) -> Worked:
        """A sink's settings with their expressions worked out; those that fail are left out.

        `kept` are those that were worked out before; they stay as they are. Raises TemplateError
        where one fails that has no default, such as the `url`.
        """
        of = {"name": sink, "type": type}
        known = cache(lambda: self._names(notice, Bounds(findings=max_findings), of))
        # A setting that the configuration has lost is gone, kept or not.
        stay = {key: each for key, each in (kept or {}).items() if key in settings}
        others = {key: each for key, each in settings.items() if key not in stay}
        worked = self._values.work_out(others, known)
        return Worked({**worked.values, **stay}, worked.failed)

    def varying(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Those of the settings that hold expressions."""
        return {key: each for key, each in settings.items() if varies(each)}

    def own_templates(self) -> list[str]:
        """The file names of the operator's templates."""
        return self._own.names

    def used_by(self, names: set[str]) -> set[str]:
        """The operator's files that templates of these names are made of, what they take in too.

        All of them where one takes in another by a name that it works out.
        """
        used: set[str] = set()
        waiting: list[str | None] = [
            file for file in self._own.names if template_name(file) in names
        ]
        while waiting:
            file = waiting.pop()
            if file is None:
                return set(self._own.names)
            if file not in used and file in self._own:
                used.add(file)
                waiting += takes_in(self._own.text(file))
        return used

    def compile_value(self, text: str) -> None:
        """Raises TemplateError where a setting's expressions do not compile."""
        self._values.compiles(text)

    def _own_document(self, template: str, format: str, known: context.Names) -> str:
        missing = self.missing(template, format)
        if missing is not None:
            raise TemplateError(missing)
        file = file_name(template, format)
        body = self._environment(format, own=True).render(file, known)
        if format in JSON_FORMATS:
            _readable(body, file, known["sink"]["type"])
        return body

    def _is_built_in(self, template: str, format: str) -> bool:
        file = file_name(template, format)
        return file in self._built_in and file not in self._own

    def _file(self, name: str, format: str, notice: Notice) -> str:
        """The file of the built-in template of that name, or of what stands for the format."""
        if file_name(name, format) not in self._built_in:
            name = _OF_FORMAT[format]
        # Only machines are told of a single finding otherwise.
        single = name == "http" and notice.deliver == "findings"
        return file_name("http-findings" if single else name, format)

    def _plain(
        self,
        name: str,
        notice: Notice,
        bounds: Bounds,
        sink: Mapping[str, str],
        *,
        formats: Sequence[str],
        fits: Fits,
        note: str = "",
    ) -> Rendered:
        """The built-in document that fits, else the fullest one that can be made."""
        files = {each: self._file(name, each, notice) for each in formats}
        failure = TemplateError("cannot be rendered", name=files[formats[0]])
        made: list[Rendered] = []
        most = max(len(notice.open), len(notice.fixed), 1)
        for tighter in replace(bounds, findings=min(bounds.findings, most)).ladder():
            known = self._names(notice, tighter, sink, note)
            try:
                documents = {
                    each: self._environment(each, own=False).render(file, known)
                    for each, file in files.items()
                }
            except TemplateError as error:
                failure = error
                continue
            made.append(_rendered(documents, formats[0]))
            if fits(made[-1].body):
                return made[-1]
        if not made:
            raise failure
        return made[0]

    def _names(
        self, notice: Notice, bounds: Bounds, sink: Mapping[str, str], note: str = ""
    ) -> context.Names:
        """What templates know; `note` is also what a copied built-in one says of trouble."""
        return context.names(
            notice,
            bounds,
            sink=sink,
            public_url=self._public_url,
            tables=self._tables,
            note=note,
        )

    def _environment(self, format: str, *, own: bool) -> Environment:
        """The format's templates: the operator's before the built-in ones, or only these."""
        key = format, own
        if key not in self._environments:
            folders = (self._own, self._built_in) if own else (self._built_in,)
            self._environments[key] = environment(format, Loader(format, *folders))
        return self._environments[key]


def _rendered(documents: Mapping[str, str], format: str) -> Rendered:
    """The documents of one message, by their formats."""
    others = {each: text for each, text in documents.items() if each != format}
    return Rendered(body=documents[format], also=others)


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
