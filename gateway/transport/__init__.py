"""The network: one file per protocol, and the rules on which addresses may be reached."""
