"""The image, as far as it can be judged without building it."""

import re
from pathlib import Path

import pytest

from .conftest import Run


@pytest.fixture
def dockerfile(root: Path) -> str:
    return (root / "Dockerfile").read_text()


def test_linter_is_content(run: Run) -> None:
    run("hadolint", "Dockerfile")


def test_bases_are_one_image_with_an_exact_tag_and_no_digest(dockerfile: str) -> None:
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)

    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", bases[0])


def test_runs_as_nobody_in_particular_and_asks_after_its_health(dockerfile: str) -> None:
    last = dockerfile.rpartition("\nFROM ")[2]

    assert "USER 10001:10001" in last
    assert 'ENTRYPOINT ["snyk-gateway"]' in last
    assert 'CMD ["serve", "--config", "/config"]' in last
    assert 'CMD ["snyk-gateway", "healthcheck"]' in last
    assert "VOLUME /data" in last


def test_installs_in_the_same_two_steps_as_make(dockerfile: str, makefile: str) -> None:
    locked = "install --no-deps --require-hashes -r requirements.txt"

    assert f"pip {locked}\n" in dockerfile
    assert f"$(PIP) {locked}\n" in makefile
    assert "pip install --no-deps .\n" in dockerfile
    assert "$(PIP) install --no-deps -e .\n" in makefile


def test_build_sees_what_it_copies_and_nothing_else(root: Path, dockerfile: str) -> None:
    copied = {
        word.removeprefix("./")
        for line in re.findall(r"^COPY (?!--from)(.+)", dockerfile, re.MULTILINE)
        for word in line.split()[:-1]
    }
    lines = (root / ".dockerignore").read_text().splitlines()

    assert "*" in lines
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == copied
