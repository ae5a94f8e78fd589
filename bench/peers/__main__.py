"""`python -m bench.peers`."""

from bench.peers.part import main

main()
