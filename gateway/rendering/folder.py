"""Where templates come from: the operator's folder, then the built-in ones."""

from collections.abc import Callable
from pathlib import Path

from jinja2 import BaseLoader
from jinja2 import Environment as AnyEnvironment
from jinja2.exceptions import TemplateNotFound

from gateway.errors import TemplateError

BUILT_IN = Path(__file__).parent / "templates"


class Folder:
    """The templates of a folder as they were when it was read; nothing else is ever opened."""

    def __init__(self, path: Path | None) -> None:
        files = sorted(path.glob("*.j2")) if path else []
        self._texts = {file.name: _text(file) for file in files}

    @property
    def names(self) -> list[str]:
        """The file names, sorted."""
        return list(self._texts)

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def text(self, name: str) -> str:
        """The template's own text; raises TemplateError where there is none to be read."""
        if name not in self._texts:
            raise TemplateError(f"templates/{name} is missing", name=name)
        text = self._texts[name]
        if text is None:
            raise TemplateError("cannot be read as UTF-8 text", name=name)
        return text


class Loader(BaseLoader):
    """Gives Jinja the templates of one format, the first folder's before the next one's."""

    def __init__(self, format: str, *folders: Folder) -> None:  # noqa: A002 - the design's word
        self._suffix = f".{format}.j2"
        self._folders = folders

    def get_source(
        self, environment: AnyEnvironment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The text of a template, which never changes."""
        del environment
        for folder in self._folders:
            if template in folder and template.endswith(self._suffix):
                return folder.text(template), None, None
        raise TemplateNotFound(template)


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def file_name(name: str, format: str) -> str:  # noqa: A002 - the design's word
    """The file of a template: `short` in format `slack` is `short.slack.j2`."""
    return f"{name}.{format}.j2"


def template_name(file: str) -> str:
    """The name under which a file is asked for: `short` for `short.slack.j2`."""
    return file.rsplit(".", 2)[0]
