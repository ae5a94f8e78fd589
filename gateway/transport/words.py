"""What went wrong on the network, in words that hold no address and no secret."""

import os


def system_words(error: BaseException) -> str:
    """The operating system's words for an error, else the name of its class."""
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number else type(error).__name__


def tls_words(error: BaseException) -> str:
    """Why TLS failed, as far as the error says."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    said = getattr(cause, "verify_message", None) or getattr(cause, "reason", None)
    return f"TLS failed: {said}" if said else "TLS failed"
