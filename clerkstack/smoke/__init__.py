"""The smoke run: what a new customer does, against a deployment, and nothing of it left behind."""
