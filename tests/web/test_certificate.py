import ssl
from pathlib import Path

import pytest
import trustme

from gateway.errors import CannotStart
from gateway.web.certificate import Certificate

ENCRYPTED_KEY = """-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAk
-----END ENCRYPTED PRIVATE KEY-----
"""


def written(folder: Path) -> tuple[Path, Path]:
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    return folder / "cert.pem", folder / "key.pem"


def test_only_modern_tls_is_spoken(tmp_path: Path) -> None:
    context = Certificate(*written(tmp_path)).context

    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    names = [cipher["name"] for cipher in context.get_ciphers()]
    assert all(name.startswith(("TLS_", "ECDHE-")) for name in names)
    assert not any("CBC" in name or name.endswith("SHA") for name in names)


def test_an_encrypted_key_asks_nobody_for_a_password(tmp_path: Path) -> None:
    certificate, key = written(tmp_path)
    key.write_text(ENCRYPTED_KEY)

    with pytest.raises(CannotStart, match=r"key\.pem"):
        Certificate(certificate, key)


def test_the_text_of_a_refusal_shows_no_key(tmp_path: Path) -> None:
    certificate, key = written(tmp_path)
    secret = key.read_text()
    certificate.write_text("")

    with pytest.raises(CannotStart) as refusal:
        Certificate(certificate, key)

    assert not any(line in str(refusal.value) for line in secret.splitlines()[1:-1])
