"""One section out of files that are broken elsewhere."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway.settings.interpolation import interpolate
from gateway.settings.yaml import Loader, construct, scalars


def salvaged(path: Path, name: str, environ: Mapping[str, str]) -> Any:
    """What the section of that name holds in a file that is no YAML as a whole, or beside others.

    The lines from its name to the next key without an indent, read by themselves; None where there
    are none, or where these are broken too.
    """
    lines = re.compile(rf"^{re.escape(name)}[ \t]*:.*(?:\n(?:[ \t#].*)?)*", re.MULTILINE)
    # Hidden names are no part of a configuration.
    for file in sorted(path.glob("[!.]*.yaml")) if path.is_dir() else [path]:
        found = lines.search(_text(file))
        if found:
            return _read(found[0], name, environ)
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _read(text: str, name: str, environ: Mapping[str, str]) -> Any:
    # In memory: at a start that is in trouble already, there may be no room for a file.
    try:
        root = yaml.compose(text, Loader)
        if not isinstance(root, yaml.MappingNode):
            return None
        for loc, scalar in scalars(root):
            scalar.value = interpolate(scalar.value, environ, is_url=loc[-1] == "url").text
        return construct(root)[name]
    except (yaml.YAMLError, ValueError):
        return None
