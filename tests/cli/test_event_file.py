import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from gateway import codec
from gateway.cli.event_file import read_body
from gateway.cli.options import moment

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_file_is_taken_byte_by_byte(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(b'\xff{"a" :1}\n')

    assert read_body(str(file), AT) == b'\xff{"a" :1}\n'


def test_a_dash_reads_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff{}")))

    assert read_body("-", AT) == b"\xff{}"


def test_a_sample_is_taken_by_its_name() -> None:
    assert codec.decode(read_body("sample:new-critical", AT))["newIssues"]


@pytest.mark.parametrize("word", ["sample:nothing", "/nowhere/event.json", "."])
def test_what_cannot_be_read_is_wrong_usage(word: str) -> None:
    with pytest.raises(typer.BadParameter):
        read_body(word, AT)


@pytest.mark.parametrize(
    "text", ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00+01:00", "2026-11-23T10:00:00"]
)
def test_a_time_is_in_utc_unless_it_says_otherwise(text: str) -> None:
    assert moment(text) == AT
