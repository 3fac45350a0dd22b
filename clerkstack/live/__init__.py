"""Reads a live instance: clients with verified keys, and reads that are made only once."""
