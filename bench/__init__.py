"""Measurements that are run by hand; nothing of the gateway needs them."""
