"""Whether production may get traffic: `clerkstack cutover`."""
