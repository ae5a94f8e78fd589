"""`snyk-gateway schema`."""

from gateway.cli.streams import show_json


def schema() -> int:
    """Print the JSON Schema of the configuration, for editors."""
    from gateway import load

    show_json(load.schema())
    return 0
