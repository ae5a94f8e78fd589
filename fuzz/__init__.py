"""A coverage-guided search for inputs that break what reads untrusted bytes; run by hand."""
