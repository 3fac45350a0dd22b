"""Everything that a machine without real accounts needs: emulators, plugins, engine."""
