"""Stand-in for the official Vercel provider: environment variables of a project.

Like a bridged provider, its states have an id and a delta (``raw_state.py``), and its diffs name
properties without saying how they change.

Intended differences from the official provider: it takes a base URL from ``VERCEL_API_URL``; it
does not read the project before each create (the answer to the create has the same content); and if
a part of a bulk create failed, it keeps the created part in the state.
"""
