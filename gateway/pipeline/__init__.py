"""The path of one event: accept, dispatch, deliver."""
