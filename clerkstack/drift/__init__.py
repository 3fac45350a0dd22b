"""Whether what is live is what the stack declares: `clerkstack drift`."""
