"""`snyk-gateway version`."""

import sys

from gateway import __version__


def version() -> int:
    """Prints the version."""
    sys.stdout.write(f"snyk-gateway {__version__}\n")
    return 0
