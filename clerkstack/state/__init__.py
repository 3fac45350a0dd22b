"""A stack's state: its model, pure edits of it, its history, its backends, and the engine that
reads and writes it.

Only this package knows how an exported state and the engine's output look.
"""
