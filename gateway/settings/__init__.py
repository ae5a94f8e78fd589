"""Reads the operator's YAML: positions, interpolation, secrets, shared notations."""
