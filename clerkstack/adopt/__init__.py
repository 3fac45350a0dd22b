"""Taking over what is there: a catalog and settings that say it, so that nothing has to change.

What cannot be said in them is left alone, with the reason.
"""
