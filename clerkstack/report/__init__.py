"""Renderers: how a command shows what it found, to people and to programs."""
