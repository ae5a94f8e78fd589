"""The schema's revisions, each in one file; they run at start, under the store's lock."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Oldest first; known here so that a start on the newest one need not import Alembic."""
