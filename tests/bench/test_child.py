import sys
from pathlib import Path

import pytest

from bench.child import started


async def test_what_is_measured_starts_from_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    asks = "import sys; print('writes none:', sys.dont_write_bytecode)"

    async with started([sys.executable, "-c", asks], tmp_path / "log") as child:
        said = await child.says("writes none")

    assert said == "writes none: False"


async def test_one_that_ends_badly_says_so(tmp_path: Path) -> None:
    async with started(
        [sys.executable, "-c", "raise SystemExit('why')"], tmp_path / "log"
    ) as child:
        with pytest.raises(RuntimeError, match="it ended with 1: why"):
            await child.ended()
