"""What a try says of its sink, whatever becomes of the delivery."""

from gateway.model.breaker import Health
from gateway.model.exchange import Delivered, Outcome, Recorded, Refused, TryAgain

_SAYS_NOTHING = frozenset({"template_failed", "unexpected", "unconfirmed"})
"""Nothing was sent; or it was accepted, and is being worked on."""


def health_of(outcome: Outcome) -> Health | None:
    """What an outcome says of the sink; None where it says nothing.

    Who refuses one message answers, and who asks for a pause is alive.
    """
    match outcome:
        case Refused(endpoint=True):
            return "refused"
        case TryAgain(reason=reason) | Refused(reason=reason) if reason in _SAYS_NOTHING:
            return None
        case Recorded():
            return None
        case Delivered() | Refused():
            return "well"
        case TryAgain(reason=reason, retry_after=asked):
            return "ill" if asked is None and reason != "rate_limited" else None
