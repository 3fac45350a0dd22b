"""Everything a machine without real accounts needs: world, plugins, engine."""
