"""Notice and template in, message text out; escaped for the format it is in."""
