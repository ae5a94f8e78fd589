"""What is searched: how an input is judged, what is measured, and the fault that proves it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

CORPUS = Path(__file__).parent / "corpus"

Change = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True, slots=True)
class Plant:
    """A fault that can be put into the code, so that a search can show that it finds one."""

    module: ModuleType
    name: str
    faulty: Any

    def put(self) -> None:
        """From now on, in this process, the module has the fault."""
        setattr(self.module, self.name, self.faulty)


@dataclass(frozen=True, slots=True)
class Target:
    """Code that is given made-up inputs."""

    name: str
    check: Callable[[bytes], None]
    """Returns for every input, or the code has a fault: raises whatever is not documented."""
    modules: tuple[str, ...]
    """The modules whose branches are counted."""
    words: tuple[str, ...]
    """What the code looks for: a search would be long in finding it."""
    plant: Plant
    change: Change | None = None
    """Changes an input along its structure; None: bytes are as good as anything."""

    @property
    def corpus(self) -> Path:
        """The folder of inputs that a search begins with."""
        return CORPUS / self.name

    def inputs(self) -> list[Path]:
        """The files of the corpus."""
        return sorted(path for path in self.corpus.iterdir() if path.is_file())
