"""Receivers that stand in for Slack, Opsgenie and an HTTP endpoint, and check what they get."""
