from email.headerregistry import Address

import pytest

from gateway.sinks.mailbox import mailbox, mailboxes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.example", Address("", "a", "b.example")),
        (" first.last+tag@mail.b.example ", Address("", "first.last+tag", "mail.b.example")),
        ("root@localhost", Address("", "root", "localhost")),
        ("Team A <a@b.example>", Address("Team A", "a", "b.example")),
        ('"Équipe" <a@b.example>', Address("Équipe", "a", "b.example")),
        ("<a@b.example>", Address("", "a", "b.example")),
    ],
)
def test_an_address_is_read_with_and_without_a_name(text: str, expected: Address) -> None:
    assert mailbox(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "a", "@b.example", "a@", "a@b@c", "a b@c.example", "a@b.example>", "<a@b.example",
     "a..b@c.example", ".a@b.example", "a@-b.example", "a@b..example", "é@b.example",
     "a@é.example", "a@b.example\r\nRCPT TO:<x@y.example>", "A\r\nBcc: x@y <a@b.example>",
     "a@b.example, c@d.example", "x@y.example <a@b.example>", '"a b"@c.example',
     "a" * 65 + "@b.example", "a@" + "b." * 130 + "example"],
)  # fmt: skip
def test_what_is_no_address_is_none(text: str) -> None:
    assert mailbox(text) is None


def test_texts_with_commas_give_each_address_once() -> None:
    sound, strange = mailboxes(["a@b.example, c@d.example,", "", "nobody", "A <a@b.example>", None])

    assert list(sound) == ["a@b.example", "c@d.example"]
    assert strange == ["nobody"]
