"""`snyk-gateway demo`: the operator's own configuration, run against stand-in receivers."""
