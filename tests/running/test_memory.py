import ctypes
from types import SimpleNamespace

import pytest

from gateway.running.memory import give_back_large_blocks


def test_large_blocks_are_mapped_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    libc = SimpleNamespace(mallopt=lambda *words: told.append(words))
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: libc)

    give_back_large_blocks()

    assert told == [(-3, 256 * 1024)]


def test_a_library_without_that_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())

    give_back_large_blocks()
