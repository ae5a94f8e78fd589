"""One section out of files that are broken elsewhere."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway.settings.document import read
from gateway.settings.reading import Reading


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
    with TemporaryDirectory(prefix="snyk-gateway-") as folder:
        file = Path(folder, "gateway.yaml")
        file.write_text(text, encoding="utf-8")
        return read(file, Reading(folder=file.parent), environ, offline=True).value(name)
