"""The reference: what the models, the policies and the commands say of themselves, as tables in
docs/settings.md, docs/policies.md and docs/commands.md.

    python -m local.reference

renews them, and the JSON Schemas in docs/schemas/. The prose around the tables is written by hand.
"""
