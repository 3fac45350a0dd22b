"""Stand-in for the official command provider: local commands as resources."""
