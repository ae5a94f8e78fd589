"""The nouns: events, findings, alerts, deliveries and what is exchanged with sinks."""
