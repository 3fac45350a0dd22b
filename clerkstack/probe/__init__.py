"""Checks the premises on a real account: by reading, and by creating and removing things."""
