"""One issue that an event says is new or removed."""

from dataclasses import dataclass
from typing import Literal

from gateway.model.severity import rank

Change = Literal["new", "removed"]

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

    @property
    def exploited(self) -> bool:
        """Whether a working exploit is known."""
        return self.exploit.lower() in EXPLOITED

    @property
    def rank(self) -> int:
        """The severity's rank, 0 when it has none."""
        return rank(self.severity)
