import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict

from gateway.settings.secrets import Secret
from gateway.sources.signature import HmacVerification, active_keys, claimed_digest, signature

VECTORS = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "hmac_vectors.json").read_text(encoding="utf-8")
)
BODY = b'{"webhookId":"5f0c1d7e"}'


def _keys(vector: dict[str, Any]) -> list[bytes]:
    if "secret_hex" in vector:
        return [bytes.fromhex(vector["secret_hex"])]
    return active_keys([Secret(text) for text in vector.get("secrets") or [vector["secret"]]])


def _body(vector: dict[str, Any]) -> bytes:
    if "body_hex" in vector:
        return bytes.fromhex(vector["body_hex"])
    body: str = vector["body"]
    return body.encode()


def _holds(header: str, keys: list[bytes], *chunks: bytes) -> bool:
    claimed = claimed_digest(CIMultiDict({"X-Hub-Signature": header}))
    if claimed is None:
        return False
    verification = HmacVerification(claimed, keys)
    for chunk in chunks:
        verification.update(chunk)
    return verification.holds()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_published_and_our_own_vectors_are_accepted_or_refused(vector: dict[str, Any]) -> None:
    body = _body(vector)

    assert len(body) == vector["bytes"]
    assert _holds(vector["header"], _keys(vector), body) is vector["accept"]


@pytest.mark.parametrize("size", [1, 7, 100, 1_000_000])
def test_the_chunks_in_which_a_body_arrives_do_not_matter(size: int) -> None:
    body = b"orchard" * 99
    chunks = [body[start : start + size] for start in range(0, len(body), size)]

    assert _holds(signature(body, b"key"), [b"key"], *chunks)


def test_github_example_is_what_signature_makes() -> None:
    made = signature(b"Hello, World!", b"It's a Secret to Everybody")

    assert made == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_any_active_secret_will_do_wherever_it_stands(place: int) -> None:
    keys = [b"one", b"two", b"three"]

    assert _holds(signature(BODY, keys[place]), keys, BODY)


def test_no_key_verifies_nothing() -> None:
    assert not _holds(signature(BODY, b""), [], BODY)


def test_an_empty_secret_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("first\n", encoding="utf-8")
    secret = Secret(file=file)

    file.write_text("", encoding="utf-8")

    assert b"" not in active_keys([secret])


def test_a_secret_file_counts_as_soon_as_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("first\n", encoding="utf-8")
    secret = Secret(file=file)

    file.write_text("second\n", encoding="utf-8")

    assert active_keys([secret]) == [b"second"]


def test_a_secret_that_is_not_utf8_is_its_bytes() -> None:
    assert active_keys([Secret("caf\udce9")]) == [b"caf\xe9"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha256=",
        "sha256=" + "a" * 63,
        "sha256=" + "a" * 65,
        "sha256=" + "A" * 64,
        "SHA256=" + "a" * 64,
        " sha256=" + "a" * 64,
        "sha256=" + "a" * 64 + "\n",
        "sha256=" + "a" * 64 + ",sha256=" + "b" * 64,
        "sha256= " + "a" * 63,
        "sha1=" + "a" * 40,
        "sha256=" + "\u0663" * 64,
        "sha256=" + "é" * 64,
        "sha256=" + "\udce9" * 64,
        "a" * 64,
    ],
    ids=ascii,
)
def test_a_header_in_any_other_form_claims_nothing(value: str) -> None:
    assert claimed_digest(CIMultiDict({"X-Hub-Signature": value})) is None


def test_a_missing_header_claims_nothing() -> None:
    assert claimed_digest(CIMultiDict()) is None


def test_two_headers_claim_nothing_even_if_they_are_equal() -> None:
    good = signature(BODY, b"key")
    headers = CIMultiDict([("X-Hub-Signature", good), ("x-hub-signature", good)])

    assert claimed_digest(headers) is None


@pytest.mark.parametrize("name", ["X-Hub-Signature", "x-hub-signature", "X-HUB-SIGNATURE"])
def test_the_name_of_the_header_may_be_in_any_case(name: str) -> None:
    claimed = claimed_digest(CIMultiDict({name: f"sha256={hashlib.sha256().hexdigest()}"}))

    assert claimed == hashlib.sha256().digest()
