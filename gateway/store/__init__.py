"""Remembers everything: events, findings, alerts, deliveries, and what sinks were told."""
