"""The model that every part's settings derive from."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from gateway.settings.problem import Loc


class Section(BaseModel):
    """Strict, frozen, and no key that nobody reads."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,  # a secret may be among the input
    )

    def warnings(self) -> list[tuple[Loc, str]]:
        """What can be used but is probably not meant: where, and why."""
        return []


def _refuse(_value: Any) -> None:
    raise PydanticCustomError("not_yet", "not supported yet")


NotYet = SkipJsonSchema[Annotated[None, BeforeValidator(_refuse)]]
"""A key of the design that this version does not know: `field: NotYet = None`."""
