"""Jinja without a way to the outside: for templates, and for expressions over what events say."""
