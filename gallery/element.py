"""HTML by the element: whatever stands inside is escaped unless it was made here."""

from markupsafe import Markup


def element(name: str, look: str, *inside: str, style: str = "") -> Markup:
    """An element of the class `look` with texts and elements inside."""
    opening = Markup('<{} class="{}" style="{}">') if style else Markup('<{} class="{}">')
    return opening.format(name, look, style) + Markup().join(inside) + Markup("</{}>").format(name)


def box(look: str, *inside: str, style: str = "") -> Markup:
    """A block."""
    return element("div", look, *inside, style=style)


def run(look: str, *inside: str) -> Markup:
    """A run of text."""
    return element("span", look, *inside)


def link(label: str) -> Markup:
    """What looks like a link and leads nowhere: a drawing refers to nothing outside."""
    return run("link", label)
