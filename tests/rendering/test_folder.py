from pathlib import Path

import pytest
from jinja2 import Environment, TemplateNotFound

from gateway.errors import TemplateError
from gateway.rendering.folder import BUILT_IN, Folder, Loader, file_name, template_name

JINJA = Environment(autoescape=True)


def test_operators_template_comes_before_the_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "http.json.j2").write_text("{}")

    loader = Loader("json", Folder(tmp_path), Folder(BUILT_IN))

    assert loader.get_source(JINJA, "http.json.j2")[0] == "{}"
    assert "alert" in loader.get_source(JINJA, "opsgenie.json.j2")[0]


@pytest.mark.parametrize("name", ["../secret.json.j2", "a/../x.json.j2", "x.slack.j2", "nowhere"])
def test_names_resolve_inside_the_folder_and_the_format(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.json.j2").write_text("secret")
    inside = tmp_path / "templates"
    inside.mkdir()
    (inside / "x.slack.j2").write_text("{}")

    with pytest.raises(TemplateNotFound):
        Loader("json", Folder(inside)).get_source(JINJA, name)


def test_folder_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "x.json.j2"
    file.write_text("old")
    folder = Folder(tmp_path)

    file.write_text("new")

    assert folder.text("x.json.j2") == "old"


def test_file_that_is_no_text_is_an_error_when_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "x.json.j2").write_bytes(b"\xff")
    folder = Folder(tmp_path)

    with pytest.raises(TemplateError, match="cannot be read"):
        folder.text("x.json.j2")
    with pytest.raises(TemplateError, match="is missing"):
        folder.text("y.json.j2")


@pytest.mark.parametrize("name", ["short", "short.v2"])
def test_name_is_told_from_the_file_s(name: str) -> None:
    assert template_name(file_name(name, "slack")) == name
