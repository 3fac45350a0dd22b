"""Stand-in for the official Vercel provider: environment variables of a project.

Differences from the official provider, on purpose: it asks a base URL from ``VERCEL_API_URL``;
it does not read the project before each create (the answer to the create says the same); and a
bulk create of which a part failed keeps the created part in the state.
"""
