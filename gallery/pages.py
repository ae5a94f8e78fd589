"""The pages of the gallery."""

from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gallery.kinds import KINDS
from gallery.scenes import SCENES, Shot

_TEMPLATES = Environment(
    autoescape=True, loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined
)


def page(shot: Shot) -> str:
    """One message in one app."""
    kind = KINDS[shot.type]
    return _TEMPLATES.get_template("page.html.j2").render(
        title=f"{kind.app}: {shot.scene}",
        app=kind.app,
        scene=shot.scene,
        drawing=kind.draw(shot.body),
    )


def index() -> str:
    """The page that leads to all others."""
    apps = [(type_, kind.app) for type_, kind in KINDS.items()]
    return _TEMPLATES.get_template("index.html.j2").render(apps=apps, scenes=list(SCENES))


def write(folder: Path, shots: Iterable[Shot]) -> list[Path]:
    """The files of the messages' pages, written into the folder beside their index."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(index())
    written = []
    for shot in shots:
        file = folder / f"{shot.type}-{shot.scene}.html"
        file.write_text(page(shot))
        written.append(file)
    return written
