"""Mappings of texts, some of which hold expressions or are secret."""

from collections.abc import Mapping
from typing import Any

from gateway.sandbox.marks import varies
from gateway.settings.secrets import Secret, revealed

Texts = Mapping[str, str | Secret]


def varying(setting: Texts) -> dict[str, str]:
    """Those with expressions."""
    return {
        name: value for name, value in setting.items() if isinstance(value, str) and varies(value)
    }


def worked_out(setting: Texts, worked: Mapping[str, Any] | None) -> dict[str, str]:
    """All of them as text; those with expressions as they were worked out."""
    return {name: (worked or {}).get(name, revealed(value)) for name, value in setting.items()}


def merged(default: Texts, own: Texts) -> Texts:
    """Headers, those of the same name replaced."""
    replaced = {name.lower() for name in own}
    kept = {name: value for name, value in default.items() if name.lower() not in replaced}
    return {**kept, **own}
