"""Jinja for one format: every `{{ }}` is escaped by it, and whatever fails is a TemplateError."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any

from jinja2 import BaseLoader, TemplateNotFound, TemplateSyntaxError, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame

from gateway.errors import TemplateError
from gateway.rendering.escaping import Escape
from gateway.rendering.filters import COMMON
from gateway.rendering.written import MAX_OUTPUT, Written, as_written, concat
from gateway.sandbox.environment import Sandbox

Write = Callable[[Any, Escape], Written]
"""How the values of a format are printed: `write_text` or `write_json`."""


class _Generator(CodeGenerator):
    """Jinja's compiler, which sends the results of blocks through `finalize` as well.

    By itself it writes what `{% filter %}` and `{% call %}` give straight to the output.
    """

    def start_write(self, frame: Frame, node: nodes.Node | None = None) -> None:
        super().start_write(frame, node)
        self.write("environment.finalize(context, ")

    def end_write(self, frame: Frame) -> None:
        self.write(")")
        super().end_write(frame)

    def simple_write(self, s: str, frame: Frame, node: nodes.Node | None = None) -> None:
        """Passes on what an included template or a block has finished."""
        super().start_write(frame, node)
        self.write(s)
        super().end_write(frame)

    def visit_ScopedEvalContextModifier(  # noqa: N802 - the compiler's own name
        self, node: nodes.ScopedEvalContextModifier, frame: Frame
    ) -> None:
        del frame
        self.fail("autoescape cannot be changed: the file's format decides", node.lineno)


class Environment(Sandbox):
    """Templates of one format."""

    code_generator_class = _Generator
    concat = staticmethod(concat)

    def __init__(
        self,
        escape: Escape,
        write: Write,
        *,
        loader: BaseLoader | None = None,
        filters: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        # With a context, `finalize` is never worked out while a template is compiled.
        @pass_context
        def finalize(_context: object, value: Any) -> Written:
            return write(value, escape)

        super().__init__(
            loader=loader,
            finalize=finalize,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        del self.filters["random"]  # the same alert always makes the same message
        self.filters |= {**COMMON, **(filters or {})}

    def render(self, name: str, names: Mapping[str, Any]) -> str:
        """The document that a template makes."""
        with translated(name):
            return _limited(self.get_template(name).generate(names))

    def expression(self, text: str) -> Callable[[Mapping[str, Any]], str]:
        """A text with expressions, compiled; gives the text for some names."""
        with translated(""):
            template = self.from_string(text)

        def work_out(names: Mapping[str, Any]) -> str:
            with translated(""):
                return _limited(template.generate(names))

        return work_out

    def compiles(self, name: str) -> None:
        """Raises TemplateError where the template does not compile."""
        with translated(name):
            self.get_template(name)


def _limited(pieces: Iterator[str]) -> str:
    """The document, stopped where it grows too long."""
    document, size = [], 0
    for piece in map(as_written, pieces):
        size += len(piece.encode())
        if size > MAX_OUTPUT:
            raise TemplateError(f"makes more than {MAX_OUTPUT // 1024**2} MiB")
        document.append(piece)
    return "".join(document)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turns whatever goes wrong inside into a TemplateError with name and line."""
    try:
        yield
    except TemplateError as error:
        raise TemplateError(str(error), name=error.name or name, line=error.line) from None
    except TemplateSyntaxError as error:
        text = error.message or "does not compile"
        raise TemplateError(text, name=error.name or name, line=error.lineno) from None
    except TemplateNotFound as error:
        text = f"no template is called {error.name!r}"
        raise TemplateError(text, name=name, line=_line(error)) from None
    except Exception as error:  # noqa: BLE001 - a template may raise whatever Python can
        text = str(error) or type(error).__name__
        raise TemplateError(text, name=name, line=_line(error)) from None


def _line(error: Exception) -> int | None:
    """The template's line; Jinja puts frames that stand for it into the traceback."""
    lines = [
        line for frame, line in walk_tb(error.__traceback__)
        if "__jinja_exception__" in frame.f_globals
    ]  # fmt: skip
    return lines[-1] if lines else None
