from gateway.cli.render import message

REQUEST = {
    "sink": "siem",
    "method": "POST",
    "url": "https://siem.example/**********",
    "headers": {"Content-Type": "application/json", "webhook-id": "abc"},
    "body": '{"type":"alert","title":"x\\u202ey"}',
}


def test_a_request_prints_as_it_would_be_sent_with_its_json_laid_out() -> None:
    assert message(REQUEST) == (
        "# siem\n"
        "POST https://siem.example/**********\n"
        "Content-Type: application/json\n"
        "webhook-id: abc\n"
        "\n"
        "{\n"
        '  "type": "alert",\n'
        '  "title": "x\\u202ey"\n'
        "}"
    )


def test_a_body_that_is_not_json_prints_as_text() -> None:
    text = message(REQUEST | {"body": "CEF:0|a\nb\x1b"})

    assert text.endswith("\n\nCEF:0|a\nb\\x1b")


def test_a_request_without_a_body_ends_with_its_headers() -> None:
    assert message(REQUEST | {"body": ""}).endswith("webhook-id: abc")


def test_a_header_cannot_make_a_second_line() -> None:
    text = message(REQUEST | {"headers": {"X": "a\r\nY: b"}, "body": ""})

    assert text.endswith(r"X: a\r\nY: b")
