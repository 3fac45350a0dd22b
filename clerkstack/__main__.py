"""`python -m clerkstack`: the command-line program."""

from __future__ import annotations

from clerkstack.cli import main

main()
