"""The HTML part of a mail, as it is, where it can load nothing and lead nowhere."""

from markupsafe import Markup


def draw(body: str) -> Markup:
    """The part in a frame of its own."""
    return Markup('<iframe class="email" sandbox srcdoc="{}"></iframe>').format(body)
