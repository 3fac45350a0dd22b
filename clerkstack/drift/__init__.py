"""Compares what is live with what the stack declares: `clerkstack drift`."""
