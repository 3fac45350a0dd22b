"""Stand-in for the official Vercel provider: environment variables of a project.

As a bridged provider its states hold an id and a delta (``raw_state.py``), and its diffs name
properties without saying how they change.

Differences from the official provider, on purpose: it asks a base URL from ``VERCEL_API_URL``;
it does not read the project before each create (the answer to the create says the same); and a
bulk create of which a part failed keeps the created part in the state.
"""
