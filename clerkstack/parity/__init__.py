"""Compares two live instances: `clerkstack parity`."""
