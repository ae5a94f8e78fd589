"""What a result was measured on."""

import os
import platform


def machine() -> dict[str, object]:
    """Python, processor and how many of it."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
