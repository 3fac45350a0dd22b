"""The command `python -m local.world`."""

from local.world.cli import main

main()
