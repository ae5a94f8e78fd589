"""Data goes to stdout, words to stderr."""

import sys
from typing import Any

from gateway.cli.text import json_text, printable_lines


def show(text: object) -> None:
    """Prints data."""
    sys.stdout.write(printable_lines(text) + "\n")


def show_json(value: Any) -> None:
    """Prints data as JSON."""
    sys.stdout.write(json_text(value) + "\n")


def tell(text: object) -> None:
    """Says something about what happens."""
    sys.stderr.write(printable_lines(text) + "\n")
    sys.stderr.flush()
