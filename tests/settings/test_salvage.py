from pathlib import Path

import pytest

from gateway.settings.salvage import salvaged

BROKEN = "route: {sinks: [\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"store: {{url: here}}\n{BROKEN}", {"url": "here"}),
        (f"{BROKEN}store:\n  url: here\nsinks: {{}}\n", {"url": "here"}),
        (f"{BROKEN}store:\n# said\n\n\turl: here\n", None),
        (f"{BROKEN}store:\n# said\n\n  url: ${{WHERE}}\n", {"url": "there"}),
        (f"{BROKEN}stores:\n  url: here\n", None),
        (f"{BROKEN}  store:\n    url: here\n", None),
        (f"{BROKEN}store: {{url: [\n", None),
        ("", None),
    ],
)
def test_a_section_is_read_by_itself(tmp_path: Path, text: str, found: object) -> None:
    (tmp_path / "gateway.yaml").write_text(text)

    assert salvaged(tmp_path, "store", {"WHERE": "there"}) == found


def test_it_is_looked_for_in_every_file(tmp_path: Path) -> None:
    (tmp_path / ".hidden.yaml").write_text("store: {url: hidden}\n")
    (tmp_path / "a.yaml").write_text(BROKEN)
    (tmp_path / "b.yaml").write_text(f"store: {{url: here}}\n{BROKEN}")
    (tmp_path / "c.yaml").symlink_to(tmp_path / "nowhere")

    assert salvaged(tmp_path, "store", {}) == {"url": "here"}


def test_a_file_that_is_not_there_holds_none(tmp_path: Path) -> None:
    assert salvaged(tmp_path / "gateway.yaml", "store", {}) is None


def test_it_is_read_where_no_temporary_file_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    (tmp_path / "gateway.yaml").write_text(f"store: {{url: here}}\n{BROKEN}")

    assert salvaged(tmp_path, "store", {}) == {"url": "here"}
