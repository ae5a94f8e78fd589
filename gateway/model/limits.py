"""Cutting texts to a limit; what is cut ends in `…`."""

import re

ELLIPSIS = "…"

# What mrkdwn must not be cut inside of: a code fence, a code span, a link with and without a text,
# an entity. Anything else is a run of plain characters or one stray mark.
_UNIT = re.compile(
    r"""
    (?P<open>```) (?P<inside>.*?) (?P<close>```)
    | (?P<tick>`) (?P<code>[^`\n]+) `
    | (?P<link><[^<>|\n]*\|) (?P<label>[^<>\n]*) >
    | <[^<>\n]*>
    | &(?:amp|lt|gt);
    | (?P<plain>[^`<&]+ | .)
    """,
    re.DOTALL | re.VERBOSE,
)
# The beginning of an entity or a tag.
_UNFINISHED = re.compile(r"(?:&[#\w]{0,31}|<[^<>]*)\Z")


def cut(text: str, limit: int) -> str:
    """The text in at most `limit` code points."""
    if len(text) <= limit:
        return text
    return text[: limit - 1] + ELLIPSIS if limit > 0 else ""


def cut_md(text: str, limit: int) -> str:
    """Escaped Markdown in at most `limit` code points: no backslash is parted from its mark."""
    if len(text) <= limit:
        return text
    head = text[: max(limit - 1, 0)]
    escaping = len(head) - len(head.rstrip("\\"))
    return (head[:-1] if escaping % 2 else head) + ELLIPSIS if limit > 0 else ""


def cut_html(text: str, limit: int) -> str:
    """HTML in at most `limit` code points: entities and tags stay whole."""
    if len(text) <= limit:
        return text
    return _UNFINISHED.sub("", text[: limit - 1]) + ELLIPSIS if limit > 0 else ""


def cut_mrkdwn(text: str, limit: int) -> str:
    """Escaped Slack markup in at most `limit` code points: entities, links and code stay whole.

    A link's text and a piece of code are shortened inside their marks.
    """
    if len(text) <= limit:
        return text
    return _head(text, limit - 1) + ELLIPSIS if limit > 0 else ""


def _head(text: str, room: int) -> str:
    """As many whole units as fit."""
    kept = []
    for unit in _UNIT.finditer(text):
        if len(unit[0]) > room:
            kept.append(_shortened(unit, room))
            break
        kept.append(unit[0])
        room -= len(unit[0])
    return "".join(kept)


def _shortened(unit: re.Match[str], room: int) -> str:
    """What fits of one unit: plain text by characters, marks around something, else nothing."""
    if unit["plain"]:
        return unit["plain"][:room]
    for opening, inside, closing in (
        (unit["open"], unit["inside"], "```"),
        (unit["tick"], unit["code"], "`"),
        (unit["link"], unit["label"], ">"),
    ):
        if opening:
            # A stray backtick before the closing ones would become one of them.
            rest = _head(inside, max(room - len(opening) - len(closing), 0)).rstrip("`")
            return opening + rest + closing if rest else ""
    return ""
