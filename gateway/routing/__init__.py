"""Who hears of a finding: fields, matchers and the tree of routes; pure."""
