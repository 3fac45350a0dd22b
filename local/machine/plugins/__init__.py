"""Stand-in Pulumi provider plugins, for machines that cannot fetch the official ones.

Each plugin speaks the engine's provider protocol over the SDK's own gRPC stubs and keeps the
resource types, property names and behaviour of the official provider it stands in for, for the
resources this project declares. ``bin/`` holds the executables; the engine finds them on PATH.
"""

from __future__ import annotations

OUTLIVES = "CLERKSTACK_PLUGIN_OUTLIVES_SECONDS"
"""The variable with the seconds that a plugin outlives a killed engine."""
