"""The set-up of a machine: packages, engine, stand-in plugins, tools, API descriptions."""
