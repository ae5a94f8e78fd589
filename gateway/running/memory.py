"""When large blocks of memory are given back."""

import ctypes
from contextlib import suppress

# mallopt(3). By itself glibc raises this threshold to the largest block that was ever freed, up to
# 32 MB: from the first large body on they would be cut from the heap, where what is freed between
# others is not given back.
_M_MMAP_THRESHOLD = -3
_LARGE = 256 * 1024


def give_back_large_blocks() -> None:
    """Has each large block mapped by itself, and given back when it is freed (glibc's alone)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
