"""Findings and waivers: the classes that every command's checks share."""
