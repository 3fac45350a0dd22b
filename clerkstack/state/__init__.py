"""A stack's state: its model, pure edits of it, its history, its backends, and the engine that
reads and writes it.

Only this package knows the format of an exported state and of the engine's output.
"""
