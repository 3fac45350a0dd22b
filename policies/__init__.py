"""Policies as pure functions, and the pack that the engine runs.

`policies.judge.judge` judges a deployment without an engine.
"""
