"""A section and its model: the settings, or problems in the operator's words."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.settings.document import Document
from gateway.settings.problem import Loc, Problem, meant
from gateway.settings.reading import Reading
from gateway.settings.section import Section

Model = TypeVar("Model", bound=Section)

_EXPECTED = {
    "string_type": "text is expected here",
    "bool_type": "true or false is expected here",
    "int_type": "a whole number is expected here",
    "float_type": "a number is expected here",
    "list_type": "a list is expected here",
    "dict_type": "a mapping is expected here",
    "model_type": "a mapping is expected here",
    "mapping_type": "a mapping is expected here",
}
_AT_KEY = frozenset({"extra_forbidden"})


def validate(
    model: type[Model], document: Document, loc: Loc, value: Any, reading: Reading
) -> Model | None:
    """The settings at a path; None, and the document's problems grow, where they are wrong."""
    try:
        settings = model.model_validate(value, context=reading)
    except ValidationError as error:
        found = [_problem(model, document, loc, value, each) for each in error.errors()]
        document.problems += [
            each for number, each in enumerate(found) if each not in found[:number]
        ]
        return None
    document.problems += [
        document.problem((*loc, *where), text, level="warning")
        for where, text in settings.warnings()
    ]
    return settings


def _problem(
    model: type[BaseModel], document: Document, loc: Loc, value: Any, error: ErrorDetails
) -> Problem:
    kind = error["type"]
    inner = _in_file(error["loc"], value, keep_last=kind == "missing")
    return document.problem(
        (*loc, *inner), _text(model, inner, error), at_key=kind in _AT_KEY or not inner
    )


def _in_file(loc: Loc, value: Any, *, keep_last: bool) -> Loc:
    """The steps of a pydantic loc that the file has; others name members of a union."""
    steps: list[int | str] = []
    for number, step in enumerate(loc):
        if _has(value, step):
            value = value[step]
        elif not (keep_last and number == len(loc) - 1):
            continue
        steps.append(step)
    return tuple(steps)


def _has(value: Any, step: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, Mapping) and step in value


def _text(model: type[BaseModel], loc: Loc, error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return "unknown key" + meant(str(loc[-1]), _keys(model, loc[:-1]))
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        allowed = error.get("ctx", {}).get("expected", "")
        return f"must be {allowed}" + meant(
            str(error["input"]), allowed.replace("'", "").split(", ")
        )
    if kind == "too_short":
        return "at least one is needed"
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    text = error["msg"].removeprefix("Value error, ")
    return text[:1].lower() + text[1:] if text.startswith(("Input", "Value")) else text


def _keys(model: Any, loc: Loc) -> list[str]:
    """The keys that the model at a path knows."""
    for step in loc:
        model = _step(model, step)
    inner = _model(model)
    if inner is None:
        return []
    return [each.alias or name for name, each in inner.model_fields.items()]


def _step(annotation: Any, step: int | str) -> Any:
    inner = _model(annotation)
    if inner is not None:
        fields = {each.alias or name: each for name, each in inner.model_fields.items()}
        return fields[str(step)].annotation if str(step) in fields else None
    for each in _alternatives(annotation):
        arguments = get_args(each)
        if get_origin(each) in (list, dict, Mapping) and arguments:
            return arguments[-1]
    return None


def _model(annotation: Any) -> type[BaseModel] | None:
    for each in _alternatives(annotation):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [found for each in get_args(annotation) for found in _alternatives(each)]
    return [annotation]
