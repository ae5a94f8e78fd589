"""The Markdown of cards and embeds as HTML."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup


def _opened(
    _of: RendererHTML, _all: Sequence[Token], _at: int, _o: OptionsDict, _e: EnvType
) -> str:
    return '<span class="link">'


def _closed(
    _of: RendererHTML, _all: Sequence[Token], _at: int, _o: OptionsDict, _e: EnvType
) -> str:
    return "</span>"


_READER = MarkdownIt("commonmark", {"html": False, "breaks": True})
_READER.disable("image")
_READER.add_render_rule("link_open", _opened)
_READER.add_render_rule("link_close", _closed)


def markdown(text: str) -> Markup:
    """One text; its HTML is escaped and its links lead nowhere."""
    return Markup(_READER.render(text))  # noqa: S704 - the reader escapes, `html` is off
