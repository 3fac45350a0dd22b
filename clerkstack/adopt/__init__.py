"""Takes over a live deployment: writes a catalog and settings that match it, so that nothing
changes.

What they cannot express is left alone, with the reason.
"""
