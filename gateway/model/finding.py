"""One issue that an event says is new or removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gateway.model.severity import rank

Change = Literal["new", "removed"]

RANK_WEIGHT = 100_000

# Snyk's exploit maturities that mean: code that works exists (reference: issueData.exploitMaturity
# and its Risk Score labels).
EXPLOITED = frozenset({"mature", "functional", "high", "attacked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is known of one issue in one project; text is Snyk's own and untrusted."""

    id: str
    """Snyk's issue id, `SNYK-JS-…`; not unique in a project."""
    change: Change = "new"
    type: str = ""
    """vuln, license, configuration, or a word that is newer than this code."""
    title: str = ""
    severity: str = ""
    package: str = ""
    versions: tuple[str, ...] = ()
    cve: tuple[str, ...] = ()
    cwe: tuple[str, ...] = ()
    ghsa: tuple[str, ...] = ()
    cvss: float | None = None
    priority: float | None = None
    exploit: str = ""
    fixable: bool = False
    fixed_in: tuple[str, ...] = ()
    malicious: bool = False
    ignored: bool = False
    language: str = ""
    url: str = ""
    published: str = ""
    disclosed: str = ""
    description: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Snyk's own issue, for expressions that need more; not kept with alerts."""

    @property
    def exploited(self) -> bool:
        """Whether a working exploit is known."""
        return self.exploit.lower() in EXPLOITED

    @property
    def rank(self) -> int:
        """The severity's rank, 0 when it has none."""
        return rank(self.severity)

    @property
    def weight(self) -> int:
        """What sorts findings from the worst one down: by severity, then by priority."""
        priority = min(max(int((self.priority or 0.0) * 10), 0), RANK_WEIGHT - 1)
        return self.rank * RANK_WEIGHT + priority

    @property
    def bare(self) -> "Finding":
        """This finding without Snyk's own issue."""
        return replace(self, raw={}) if self.raw else self


def worst(findings: Sequence[Finding]) -> Finding | None:
    """The finding that is shown first: by severity, then priority, then CVSS, then id."""
    return min(findings, key=worst_first, default=None)


def worst_first(finding: Finding) -> tuple[float, float, float, str, str]:
    """Sorting key that puts the worst finding first."""
    return (
        -finding.rank,
        -(finding.priority or 0.0),
        -(finding.cvss or 0.0),
        finding.id,
        finding.package,
    )
