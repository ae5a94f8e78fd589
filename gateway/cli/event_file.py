"""Where the body of an event comes from: a file, stdin or the samples."""

import sys
from datetime import datetime
from pathlib import Path

import typer

SAMPLE = "sample:"


def read_body(word: str, at: datetime) -> bytes:
    """The body that the argument EVENT.json names."""
    if word == "-":
        return sys.stdin.buffer.read()
    if word.startswith(SAMPLE):
        return _sample(word.removeprefix(SAMPLE), at)
    try:
        return Path(word).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {word}: {error.strerror}") from None


def known_sample(name: str) -> str:
    """The name itself; raises BadParameter for one that is no sample."""
    from gateway import samples

    if name not in samples.NAMES:
        raise typer.BadParameter(f"no sample {name!r}; there are {', '.join(samples.NAMES)}")
    return name


def _sample(name: str, at: datetime) -> bytes:
    from gateway import samples

    return samples.encode(samples.bodies(known_sample(name), at=at)[0])
