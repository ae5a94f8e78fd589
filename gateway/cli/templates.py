"""`snyk-gateway templates`: the built-in ones, to read and to start from."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Config
from gateway.cli.streams import show, tell
from gateway.errors import Misused, NotFound

app = typer.Typer(
    no_args_is_help=True, help="Built-in message templates: list, show, copy to change them."
)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A name from the list.", show_default=False)
]


@app.command("list")
def list_() -> int:
    """List the built-in templates."""
    from gateway.rendering.folder import BUILT_IN, Folder

    for name in Folder(BUILT_IN).names:
        show(name)
    return 0


@app.command("show")
def show_one(name: Name) -> int:
    """Print a built-in template."""
    show(_text(name).removesuffix("\n"))
    return 0


@app.command("copy")
def copy(name: Name, *, config: Config = Path("config")) -> int:
    """Copy a built-in template into the configuration's templates/, to be changed there.

    There it stands in for the built-in one wherever `template:` names it.
    """
    from gateway.rendering.folder import template_name

    text = _text(name)
    if not config.exists():
        raise Misused(f"{config} is not there: --config names the configuration folder")
    folder = (config if config.is_dir() else config.parent) / "templates"
    file = folder / name
    if file.exists():
        raise NotFound(f"{file} stands already: take it away, or give it another name")
    try:
        folder.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misused(f"{file} cannot be written: {error.strerror}") from None
    tell(f"{file}; a route or a sink takes it with template: {template_name(name)}")
    return 0


def _text(name: str) -> str:
    from gateway.rendering.folder import BUILT_IN, Folder

    folder = Folder(BUILT_IN)
    if name not in folder:
        raise NotFound(f"no built-in template is called {name!r}: templates list shows them")
    return folder.text(name)
