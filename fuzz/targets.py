"""Every target by its name."""

from fuzz import matcher, signature, snyk

TARGETS = {each.name: each for each in (snyk.TARGET, matcher.TARGET, signature.TARGET)}
