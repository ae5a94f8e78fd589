"""Writes the gallery: `python -m gallery FOLDER`; PNG files too where Chromium is on PATH."""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from gallery.browser import NAMES, photograph
from gallery.kinds import KINDS
from gallery.pages import write
from gallery.scenes import shots

SHOWN = "new-mixed"
"""The scene that the documentation shows."""


def main(words: Sequence[str]) -> int:
    """Writes pages, and pictures of them if that is possible."""
    options = argparse.ArgumentParser(prog="python -m gallery", description=__doc__)
    options.add_argument("folder", type=Path, metavar="FOLDER")
    options.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="one of each app, for docs"
    )
    chosen = options.parse_args(words)
    pages = write(chosen.folder, shots())
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser:
        asyncio.run(photograph(browser, pages))
        if chosen.pictures:
            _show(chosen.folder, chosen.pictures)
    pictures = f"{len(pages)} pictures" if browser else "no pictures: Chromium is not on PATH"
    sys.stdout.write(f"{chosen.folder / 'index.html'}: {len(pages)} messages, {pictures}\n")
    return 0


def _show(drawn: Path, folder: Path) -> None:
    """Copies the picture of one scene of each app."""
    folder.mkdir(parents=True, exist_ok=True)
    for type_ in KINDS:
        shutil.copyfile(drawn / f"{type_}-{SHOWN}.png", folder / f"{type_}.png")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
