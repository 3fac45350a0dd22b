"""The smoke run: does what a new customer does, on a deployment, and leaves nothing behind."""
