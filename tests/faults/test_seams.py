import pytest

from tests.faults.seams import SeamGone, after, before, found, wrap
from tests.faults.windows import WINDOWS


@pytest.mark.parametrize("window", WINDOWS)
def test_every_window_is_where_the_suite_looks_for_it(window: str) -> None:
    owner, name = found(WINDOWS[window].seam)

    assert callable(getattr(owner, name))


@pytest.mark.parametrize(
    "seam", ["gateway.gone:claim", "gateway.store.deliveries:gone", "gateway.app:Gateway.gone"]
)
def test_a_seam_that_is_gone_is_named(seam: str) -> None:
    with pytest.raises(SeamGone, match=seam):
        wrap(seam, before(lambda: None))


def test_a_step_comes_before_or_after_what_was_asked_for() -> None:
    steps: list[str] = []

    def real() -> str:
        steps.append("real")
        return "answer"

    first = before(lambda: steps.append("before"))(real)
    last = after(lambda: steps.append("after"))(first)

    assert last() == "answer"
    assert steps == ["before", "real", "after"]


async def test_a_coroutine_is_waited_for_before_the_step_after_it() -> None:
    steps: list[str] = []

    async def real() -> None:
        steps.append("real")

    await after(lambda: steps.append("after"))(real)()

    assert steps == ["real", "after"]
