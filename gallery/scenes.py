"""What is drawn: samples, through the code that a gateway runs, into the built-in templates."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from gallery.kinds import KINDS
from gateway import samples
from gateway.load import load
from gateway.model.delivery import Action
from gateway.pipeline.compose import compose
from gateway.pipeline.parts import Parts
from gateway.pipeline.rehearsal import notices

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
SCENES: Mapping[str, tuple[str, Action]] = {
    "new-critical": ("new-critical", "create"),
    "new-mixed": ("new-mixed", "create"),
    "fixed": ("new-critical", "close"),
    "license": ("license", "create"),
    "container": ("container", "create"),
    "large": ("large", "create"),
}
"""What is told, by the name of its page: a sample, and what becomes of its alert."""


class Shot(NamedTuple):
    """One message to one sink."""

    type: str
    scene: str
    body: str
    """What the template made; of mail the HTML."""


def shots() -> Iterator[Shot]:
    """Every scene as every kind of sink is told of it."""
    parts = _parts()
    for type_ in KINDS:
        for scene, (sample, action) in SCENES.items():
            yield Shot(type_, scene, _body(parts, type_, sample, action))


def _parts() -> Parts:
    """A gateway with one sink of each kind, all of them told of everything."""
    configuration = {
        "admin": {"public_url": "https://gateway.example"},
        "sources": {"snyk": {"type": "snyk", "secrets": ["made-up-secret-of-the-gallery"]}},
        "sinks": {
            type_: {"type": type_, "send_resolved": True, **kind.section}
            for type_, kind in KINDS.items()
        },
        "route": {"sinks": list(KINDS), "group_by": ["event"]},
    }
    with TemporaryDirectory() as folder:
        # JSON is YAML too.
        Path(folder, "gateway.yaml").write_text(json.dumps(configuration))
        return load(Path(folder), environ={}, offline=True).parts


def _body(parts: Parts, type_: str, sample: str, action: Action) -> str:
    """What the built-in template makes of the first notice of that kind."""
    (body,) = samples.bodies(sample, at=AT)
    event = parts.sources["snyk"].read(
        samples.encode(body), id="evt_gallery", received_at=AT, version="v0"
    )
    sink = parts.sinks[type_]
    notice = next(
        each for each in notices(parts, parts.tree.root, event, sink) if each.action == action
    )
    message = compose(parts, notice, sink, timestamp=int(AT.timestamp())).message
    return message.also.get("html", message.body)
