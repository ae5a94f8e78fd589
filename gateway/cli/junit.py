"""Test results in the form that build servers read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from gateway.cli.text import printable
from gateway.preview.routing_test import Verdict


def write(file: Path, verdicts: Sequence[Verdict], redacted: Callable[[str], str]) -> None:
    """Writes JUnit's XML."""
    failed = sum(bool(verdict.failures) for verdict in verdicts)
    suite = ET.Element(
        "testsuite", name="routing", tests=str(len(verdicts)), failures=str(failed), errors="0"
    )
    for verdict in verdicts:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=verdict.case.file,
            name=printable(verdict.case.test.name),
            file=verdict.case.file,
            line=str(verdict.case.line),
        )
        if verdict.failures:
            told = [printable(redacted(str(failure))) for failure in verdict.failures]
            ET.SubElement(case, "failure", message=told[0]).text = "\n".join(told)
    ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
