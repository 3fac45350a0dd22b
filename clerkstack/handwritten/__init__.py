"""Files that people write: YAML as values that know their lines, and models of what is in them."""
