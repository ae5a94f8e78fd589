"""What the searches begin with still passes, and still shows that they would find something."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.cover import LONGEST, fewest
from fuzz.target import Target
from fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
MOST = 60
TWINS = b"""{"project": {"id": "p"}, "newIssues": [
    {"id": "a", "issueData": {"severity": "low"}},
    {"id": "a", "issueData": {"severity": "low", "cvssScore": 7}}]}"""
WITNESSES = {
    "snyk": (TWINS, "not supported between instances of"),
    "matcher": (rb'title = "a\\"', "expected a closing"),
    "signature": (b"X-Hub-Signature: sha256=0" + b"1" * 63 + b"\n\n{}", "non-hexadecimal"),
}
INPUTS = [(target, path) for target in TARGETS.values() for path in target.inputs()]


@pytest.mark.parametrize(
    ("target", "path"), INPUTS, ids=[f"{target.name}-{path.name}" for target, path in INPUTS]
)
def test_no_input_of_a_corpus_breaks_what_is_searched(target: Target, path: Path) -> None:
    target.check(path.read_bytes())


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_a_corpus_is_small(target: Target) -> None:
    sizes = [path.stat().st_size for path in target.inputs()]

    assert 0 < len(sizes) < MOST
    assert max(sizes) < LONGEST


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_a_planted_fault_has_to_be_searched_for(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, error = WITNESSES[target.name]
    target.check(witness)

    monkeypatch.setattr(target.plant.module, target.plant.name, target.plant.faulty)

    for path in target.inputs():
        target.check(path.read_bytes())
    with pytest.raises((TypeError, ValueError), match=error):
        target.check(witness)


def test_a_corpus_takes_at_least_nine_branches_of_ten() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "fuzz.cover"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len(TARGETS)


def test_of_inputs_that_go_the_same_way_the_smallest_is_kept() -> None:
    kept = fewest(TARGETS["matcher"], [b"title = bb", b"title = a", b"x" * LONGEST, b""])

    assert kept == [b"", b"title = a"]


def test_changes_along_the_structure_leave_json() -> None:
    change, dice = TARGETS["snyk"].change, random.Random(1)
    assert change is not None
    body = TWINS

    for _ in range(200):
        body = change(body, dice)
        json.loads(body)

    assert change(b"no JSON", dice) == b"no JSON"
