"""The model that every part's settings derive from."""

from pydantic import BaseModel, ConfigDict

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
