"""What would happen to an event, without a store: it counts as empty here."""
