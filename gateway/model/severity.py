"""Snyk's severities and their order."""

SEVERITIES = ("low", "medium", "high", "critical")


def rank(severity: str) -> int:
    """1 (low) to 4 (critical); 0 for a word that Snyk has not told us the rank of."""
    return SEVERITIES.index(severity) + 1 if severity in SEVERITIES else 0
