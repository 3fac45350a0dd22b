"""Renderers of a command's findings, for people and for programs."""
