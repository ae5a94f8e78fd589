import email
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sinks.mime import Letter, content

LETTER = Letter(
    sender=Address('Snyk "gateway" é', "gateway", "a-rather-long-name.security.corp.example"),
    to=[Address("", f"person{number}", "corp.example") for number in range(9)],
    reply_to=Address("Ops", "ops", "corp.example"),
    subject="Critical: é",
    text="Bonjour é\n" + "x" * 3000 + "\nFrom here\n.\n",
    html="<p>é</p>",
    identity="1d" * 32,
    thread="a1" * 32,
    mailing_list="a-mailing-list-with-quite-a-long-name",
    timestamp=1_790_000_000,
)
HEADERS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "List-Id", "Auto-Submitted", "MIME-Version", "Content-Type",
]  # fmt: skip
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            ["\r\nBcc: a@b.example", "\r\n\r\n", "=?utf-8?q?x?=", "\u2028", "\x00", "x" * 150]
        ),
    ),
    max_size=5,
).map("".join)


def parsed(letter: Letter) -> EmailMessage:
    return email.message_from_bytes(content(letter), policy=SMTP)


def test_a_parser_finds_what_was_said() -> None:
    read = parsed(LETTER)

    assert list(read.keys()) == HEADERS
    assert read["From"].addresses == (LETTER.sender,)
    assert len(read["To"].addresses) == 9
    assert (read["Subject"], str(read["Date"])) == (
        "Critical: é", "Mon, 21 Sep 2026 14:13:20 +0000",
    )  # fmt: skip
    domain = "snyk-gateway.a-rather-long-name.security.corp.example"
    assert read["Message-ID"] == f"<{'1d' * 32}@{domain}>"
    assert read["In-Reply-To"] == read["References"] == f"<{'a1' * 32}@{domain}>"
    assert read["List-Id"] == f"<a-mailing-list-with-quite-a-long-name.{domain}>"
    assert read["Auto-Submitted"] == "auto-generated"
    text, html = read.iter_parts()
    assert [each.get_content_type() for each in (text, html)] == ["text/plain", "text/html"]
    assert cast("EmailMessage", text).get_content().replace("\r\n", "\n") == LETTER.text
    assert cast("EmailMessage", html).get_content().strip() == "<p>é</p>"


def test_without_html_it_is_text_alone() -> None:
    read = parsed(replace(LETTER, html="", reply_to=None))

    assert read.get_content_type() == "text/plain"
    assert "Reply-To" not in read


def test_equal_letters_are_equal_bytes() -> None:
    assert content(LETTER) == content(replace(LETTER))


@pytest.mark.parametrize("html", ["", "<p>"])
@settings(max_examples=100, deadline=None)
@given(subject=HOSTILE, text=HOSTILE)
def test_outside_text_adds_no_header_and_no_part(html: str, subject: str, text: str) -> None:
    made = content(replace(LETTER, subject=subject, text=text, html=html))

    read = email.message_from_bytes(made, policy=SMTP)
    assert "Bcc" not in read
    assert len(read.keys()) == len(HEADERS) + (not html)  # a text alone says how it is encoded
    assert len(list(read.walk())) == (3 if html else 1)
    assert read["Subject"].isprintable()
    assert made.isascii()
    assert b"\n" not in made.replace(b"\r\n", b"")
    assert max(map(len, made.split(b"\r\n"))) <= 998
