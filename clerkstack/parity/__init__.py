"""What one live instance has and another has not: `clerkstack parity`."""
