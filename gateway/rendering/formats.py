"""Which environment a format's templates live in."""

from jinja2 import BaseLoader, TemplateSyntaxError, meta, nodes

from gateway.errors import TemplateError
from gateway.rendering.environment import Environment
from gateway.rendering.escaping import FORMATS, JSON_FORMATS
from gateway.rendering.filters import SLACK, URLS, json_filters
from gateway.rendering.written import write_json, write_text
from gateway.sandbox.environment import Sandbox


def environment(format: str, loader: BaseLoader | None = None) -> Environment:  # noqa: A002 - the design's word
    """The environment of a format; raises TemplateError for one that there is not."""
    if format not in FORMATS:
        raise TemplateError(f"no format is called {format!r}; one of {', '.join(FORMATS)}")
    escape = FORMATS[format]
    if format not in JSON_FORMATS:
        return Environment(escape, write_text, loader=loader)
    own = {"slack": SLACK, "card": URLS, "gchat": URLS}.get(format, {})
    filters = {**json_filters(escape), **own}
    return Environment(escape, write_json, loader=loader, filters=filters)


def takes_in(source: str) -> list[str | None]:
    """The files that a template's text includes, imports or extends; None for a computed name."""
    try:
        return list(meta.find_referenced_templates(Sandbox().parse(source)))
    except TemplateSyntaxError:
        return []


def uses_raw(source: str) -> bool:
    """Whether a template's text opts out of escaping anywhere."""
    try:
        tree = Sandbox().parse(source)
    except TemplateSyntaxError:
        return False
    return any(found.name == "raw" for found in tree.find_all(nodes.Filter))
