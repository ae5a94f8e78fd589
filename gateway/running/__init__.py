"""What operators ask of a running gateway: look, silence, resolve, replay, reload."""
