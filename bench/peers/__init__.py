"""The same work by what a team would use instead, on the same core.

`python -m bench.peers` prints the table; `--quick` runs one short round, which proves nothing.
"""

from bench.peers.part import main, measure

__all__ = ("main", "measure")
