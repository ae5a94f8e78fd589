"""The project, organisation and group that a body of Snyk's speaks of."""

from collections.abc import Mapping
from typing import Any

from gateway.model.event import Group, Org, Project
from gateway.sources.lenient import identifier, mapping, pairs, text, texts


def project(value: Any) -> Project:
    """The tested project; without an id where the value is none."""
    said = mapping(value)
    attributes = mapping(said.get("attributes"))
    return Project(
        id=identifier(said.get("id")),
        name=text(said.get("name")),
        origin=text(said.get("origin")),
        type=text(said.get("type")),
        branch=text(said.get("branch")),
        image_tag=text(said.get("imageTag")),
        url=text(said.get("browseUrl")),
        tags=tuple(pairs(said.get("tags"))),
        criticality=texts(attributes.get("criticality")),
        environment=texts(attributes.get("environment")),
        lifecycle=texts(attributes.get("lifecycle")),
    )


def org(value: Any) -> Org:
    """The organisation; nameless where the value is none."""
    said = mapping(value)
    return Org(
        id=identifier(said.get("id")), slug=text(said.get("slug")), name=text(said.get("name"))
    )


def group(document: Mapping[str, Any]) -> Group:
    """The body's own group, else its organisation's; a text such as "None" is no group."""
    known = mapping(document.get("group")) or mapping(mapping(document.get("org")).get("group"))
    return Group(id=identifier(known.get("id")), name=text(known.get("name")))
