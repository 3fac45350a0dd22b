"""A stack's settings: typed, and checked before anything is sent."""
