"""Whether a route may open one more alert, or what follows is rolled up."""

from dataclasses import replace
from datetime import datetime

from gateway.alerting.terms import Terms
from gateway.model.budget import Spent
from gateway.model.identity import alert_key

ROLLUP = "roll-up"
"""First value of a roll-up's group; the other is when its period began."""


def current(spent: Spent | None, terms: Terms, now: datetime) -> Spent:
    """What is spent of the period that it is now: it begins with the first alert."""
    if spent is None or now >= spent.since + terms.period:
        return Spent(since=now, opened=0)
    return spent


def one_more(spent: Spent, terms: Terms) -> Spent | None:
    """What is spent with one more alert; None where the period's budget is used up."""
    return replace(spent, opened=spent.opened + 1) if spent.opened < terms.most else None


def rollup_group(spent: Spent) -> tuple[str, ...]:
    """The group of the one alert that takes what comes beyond the budget."""
    return ROLLUP, spent.since.isoformat()


def key_of_rollup(instance: str, route: str, spent: Spent) -> str:
    """The key of the route's roll-up in that period."""
    return alert_key(instance, route, rollup_group(spent))
