"""Where alerts go: one file per sink, pure: a message becomes requests, answers an outcome."""
