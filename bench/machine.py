"""What a result was measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench import disk
from bench.cores import MEASURED, OTHERS
from bench.webhook import SIZE
from gateway.store.driver import driver


def machine() -> dict[str, str]:
    """The processor and its cores, the system, and the versions that make a difference."""
    return {
        "processor": _processor(),
        "architecture": platform.machine(),
        "cores": str(os.cpu_count()),
        "measured on core": str(MEASURED),
        "load and receiving end on": ", ".join(map(str, OTHERS)),
        "kernel": platform.release(),
        "file system": disk.filesystem(disk.place()),
        "Python": platform.python_version(),
        "aiohttp": version("aiohttp"),
        "SQLAlchemy": version("sqlalchemy"),
        "SQLite": driver.sqlite_version,
        "uvloop": _uvloop(),
        "body": f"{SIZE:,} bytes, three findings",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown")


def _uvloop() -> str:
    try:
        return version("uvloop")
    except PackageNotFoundError:
        return "none"
