"""Generates the reference tables in docs/settings.md, docs/policies.md and docs/commands.md from
the models, the policies and the commands.

    python -m local.reference

renews them, and the JSON Schemas in docs/schemas/. The prose around the tables is written by hand.
"""
