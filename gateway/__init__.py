"""snyk-gateway: verifies Snyk's webhooks, keeps them, routes their findings and delivers them."""

__version__ = "0.1.0"
