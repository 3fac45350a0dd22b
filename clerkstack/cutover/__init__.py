"""Checks whether production is ready for traffic: `clerkstack cutover`."""
