"""Top-level keys that are no section of their own: `instance`, `internal`, `tables`."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.settings.problem import Loc
from gateway.settings.section import Section
from gateway.settings.tables import Table, TablesText
from gateway.settings.types import SinkName, problem

_NAME = re.compile(r"[A-Za-z0-9_.-]{0,63}")


def _instance(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise problem("not a name for an instance: letters, digits, '.', '_' and '-' only")
    return text


InstanceName = Annotated[str, AfterValidator(_instance)]


class Internal(Section):
    """Where the gateway's own troubles are told."""

    sinks: list[SinkName]


class Extras(Section):
    """What does not fit anywhere else."""

    instance: InstanceName = ""
    """Part of every outward identity, so that staging closes nothing of production's."""
    internal: Internal | None = None
    """None: the root's sinks."""
    tables: TablesText = Field(default_factory=dict[str, Table])

    def sinks_used(self) -> Iterator[tuple[Loc, str]]:
        """Every sink that is named here, and where."""
        for number, name in enumerate(self.internal.sinks if self.internal else ()):
            yield ("internal", "sinks", number), name
