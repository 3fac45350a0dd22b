"""What the set-up brings to a machine: packages, engine, stand-in plugins, tools, descriptions."""
