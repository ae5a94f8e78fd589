import base64
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from gateway.model.tls import TlsFiles
from gateway.settings.reading import Reading
from gateway.settings.tls import ClientTls

AUTHORITY = trustme.CA()
ALL = {"ca": "ca.pem", "certificate": "cert.pem", "key": "key.pem"}


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """Of a folder with an authority, a pair, and a key of another pair."""
    issued, other = AUTHORITY.issue_cert("a.example"), AUTHORITY.issue_cert("b.example")
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    other.private_key_pem.write_to_path(str(tmp_path / "other.pem"))
    (tmp_path / "text.pem").write_text("not PEM at all")
    locked = base64.b64encode(b"made up").decode()
    kind = "ENCRYPTED PRIVATE KEY"
    (tmp_path / "locked.pem").write_text(f"-----BEGIN {kind}-----\n{locked}\n-----END {kind}-----")
    return Reading(folder=tmp_path)


def read(section: Any, reading: Reading) -> ClientTls:
    return ClientTls.model_validate(section, context=reading)


@pytest.mark.parametrize(
    "named", [("ca",), ("certificate", "key"), ("ca", "certificate", "key")], ids="+".join
)
def test_files_count_from_the_configuration_s_folder(
    reading: Reading, named: tuple[str, ...]
) -> None:
    tls = read({each: ALL[each] for each in named}, reading)

    assert tls.files == TlsFiles(**{each: reading.folder / ALL[each] for each in named})
    assert reading.missing_files == []


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({}, "says nothing"),
        ({"key": "key.pem"}, "says nothing"),
        ({"ca": ""}, "a file is expected"),
        ({"ca": 3}, "a file is expected"),
        ({"ca": "a\0b"}, "a file is expected"),
        ({**ALL, "verify": False}, "Extra inputs"),
        ({"ca": "text.pem"}, "cannot use ca: no certificate or crl found"),
        ({"ca": "key.pem"}, "cannot use ca: "),
        ({"certificate": "text.pem", "key": "key.pem"}, "cannot use certificate with its key: "),
        ({"certificate": "cert.pem"}, "with its key: not in the PEM file, or locked"),
        ({**ALL, "key": "other.pem"}, "cannot use certificate with its key: key values mismatch"),
        ({**ALL, "key": "locked.pem"}, "with its key: not in the PEM file, or locked"),
    ],
)
def test_what_cannot_be_used_is_a_problem(
    reading: Reading, section: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        read(section, reading)


@pytest.mark.parametrize("gone", ALL.values())
def test_a_missing_file_is_noted_like_a_secret_s(reading: Reading, gone: str) -> None:
    (reading.folder / gone).unlink()

    read(ALL, reading)

    assert reading.missing_files == [gone]
