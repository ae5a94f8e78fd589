"""Presets in their files: the built-in ones, and an operator's own."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from gateway.settings.document import Document, read_mapping
from gateway.settings.problem import Problem
from gateway.settings.reading import Reading
from gateway.settings.validation import validate
from gateway.sinks.preset import Preset

BUILT_IN = Path(__file__).parent / "presets"


@dataclass(slots=True)
class Presets:
    """What a folder holds, by the names of its files."""

    sound: dict[str, Preset] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def read(folder: Path, *, taken: Collection[str] = ()) -> Presets:
    """The presets of a folder; none where there is no such folder.

    A built-in preset can be replaced; the names that are `taken` cannot.
    """
    presets = Presets()
    for file in sorted(folder.glob("*.yml")):
        presets.problems.append(_at(file, "rename it: only *.yaml files are read"))
    for file in sorted(folder.glob("*.yaml")):
        if file.stem in taken:
            text = f"a sink of the type {file.stem} needs no preset; give the file another name"
            presets.problems.append(_at(file, text))
            continue
        document = read_mapping(file)
        preset = _read(document)
        if preset is None or any(each.is_fatal for each in document.problems):
            presets.broken.add(file.stem)
        else:
            presets.sound[file.stem] = preset
        presets.problems += document.problems
    return presets


def _read(document: Document) -> Preset | None:
    said = {key: document.value(key) for key in document.sections}
    return validate(Preset, document, (), said, Reading())


def _at(file: Path, text: str) -> Problem:
    return Problem(file=str(file), line=1, column=1, path="", text=text)
