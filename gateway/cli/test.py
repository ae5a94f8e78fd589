"""`snyk-gateway test`: the routing tests."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.check import Folder, count
from gateway.cli.streams import show, tell
from gateway.cli.text import printable
from gateway.errors import SettingsError

Junit = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the results there as JUnit.")
]


def routing_tests(folder: Folder = Path("config"), *, junit: Junit = None) -> int:
    """Run the routing tests of DIR/tests; print what does not go where it should."""
    from gateway.cli.junit import write
    from gateway.load import load
    from gateway.preview.routing_test import cases, judge

    parts = load(folder, environ=os.environ, offline=True).parts
    found, problems = cases(parts.folder, parts)
    if problems:
        raise SettingsError(problems)
    verdicts = [judge(parts, case) for case in found]
    for verdict in verdicts:
        where = f"{verdict.case.file}:{verdict.case.line}: {verdict.case.test.name}"
        for failure in verdict.failures:
            show(printable(f"{where}: {failure.of}"))
            for line in failure.lines:
                show(printable(f"  {parts.redaction(line)}"))
    if junit is not None:
        write(junit, verdicts, parts.redaction)
    failed = sum(bool(verdict.failures) for verdict in verdicts)
    tell(f"{count(verdicts, 'routing test')}, {failed} failed")
    return 1 if failed else 0
