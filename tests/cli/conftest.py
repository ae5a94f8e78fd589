from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.program import app

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Runs one command line with nobody watching a terminal."""
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(app, list(words), **options)
