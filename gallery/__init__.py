"""Drawings of what messages look like in their apps; nothing of the gateway needs them."""
