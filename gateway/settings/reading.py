"""What one reading of the configuration shares with every validator."""

from dataclasses import dataclass, field
from pathlib import Path

from gateway.settings.secrets import Redaction


@dataclass(slots=True)
class Reading:
    """Handed to pydantic as its context."""

    folder: Path = field(default_factory=Path)
    """Relative paths count from here."""
    redaction: Redaction = field(default_factory=Redaction)
    """Learns every secret that is read."""
    missing_files: list[str] = field(default_factory=list)
    """Secret files that could not be read; a placeholder stands in for each."""
