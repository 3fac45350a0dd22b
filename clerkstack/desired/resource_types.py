"""The types of resources, as the engine names them."""

from __future__ import annotations

DYNAMIC = "pulumi-python:dynamic/clerkstack:"
"""The prefix of the types of this project's dynamic resources."""
WRITTEN_TYPE = f"{DYNAMIC}WrittenVariables"
VARIABLE_TYPE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
COMMAND_TYPE = "command:local:Command"
