import base64
from pathlib import Path
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from gateway.settings.secrets import Redaction, Secret

# Stars are what is shown in the secret's place.
SECRETS = st.text(
    st.characters(codec="utf-8", exclude_characters="*"), min_size=8, max_size=40
).filter(lambda text: not text.isspace())


def test_secret_never_prints() -> None:
    secret = Secret("hunter2hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"


def test_secret_from_a_file_follows_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("first\n")
    secret = Secret(file=file)
    before = secret.reveal()

    file.write_text("second\r\n")

    assert (before, secret.reveal()) == ("first", "second")
    assert secret.seen() == ("first", "second")


def test_secret_whose_file_vanished_stays_what_it_was(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("first")
    secret = Secret(file=file)

    file.unlink()

    assert secret.reveal() == "first"


def test_old_value_of_a_changed_secret_still_prints_as_stars(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("the-first-one")
    redaction, secret = Redaction(), Secret(file=file)
    redaction.add(secret)

    file.write_text("the-second-one")
    secret.reveal()

    assert redaction("the-first-one the-second-one") == "********** **********"


@given(SECRETS)
def test_no_form_of_a_secret_survives(secret: str) -> None:
    redaction = Redaction()
    redaction.add(secret)

    assert secret not in redaction(f"before {secret} after")
    assert quote(secret, safe="") not in redaction(f"x={quote(secret, safe='')}")


@given(
    st.binary(max_size=5), st.text("abcXYZ019-_", min_size=8, max_size=40), st.binary(max_size=5)
)
def test_base64_of_a_secret_does_not_survive_wherever_it_stands(
    before: bytes, secret: str, after: bytes
) -> None:
    redaction = Redaction()
    redaction.add(secret)
    encoded = base64.b64encode(before + secret.encode() + after).decode()

    shown = redaction(encoded)

    assert "**********" in shown
    assert len(shown.replace("*", "")) <= len(encoded) - len(secret)


def test_a_secret_that_is_not_utf_8_is_starred_in_every_form() -> None:
    redaction, raw = Redaction(), b"hunter2\xffhunter2"
    secret = raw.decode(errors="surrogateescape")
    redaction.add(secret)

    for form in (secret, quote(raw), base64.b64encode(raw).decode().rstrip("=")):
        assert "hunter2" not in redaction(f"before {form} after")
        assert "*" in redaction(f"before {form} after")


def test_text_without_secrets_is_left_alone() -> None:
    assert Redaction()("nothing to see") == "nothing to see"
