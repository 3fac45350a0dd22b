"""The catalog: plans and features, in a file that a product manager can read and edit."""
