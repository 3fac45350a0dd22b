"""Checks of the premises on a real account: by reading, and with things made and removed."""
