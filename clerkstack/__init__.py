"""Clerk instances and their Vercel variables: settings, reconcilers, providers, commands."""

from __future__ import annotations


def version() -> str:
    """The installed version; 0 for a copy that was never installed."""
    import importlib.metadata  # here, because every preview imports this package

    try:
        return importlib.metadata.version("clerkstack")
    except importlib.metadata.PackageNotFoundError:
        return "0"
