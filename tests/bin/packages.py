"""`pip list -v --format json`, without pip: name, version and place of each package, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def packages() -> list[dict[str, str]]:
    """What is installed where this Python looks: `name`, `version`, `location`."""
    found = {}
    for folder in sys.path:
        for metadata in Path(folder).glob("*.dist-info/METADATA"):
            fields = {}
            with metadata.open(encoding="utf-8") as lines:
                for line in lines:
                    key, colon, value = line.partition(": ")
                    if not colon:
                        break  # the end of the headers
                    fields.setdefault(key, value.strip())
            found.setdefault(
                fields["Name"].lower().replace("_", "-"),
                {"name": fields["Name"], "version": fields["Version"], "location": folder},
            )
    return list(found.values())


if __name__ == "__main__":
    print(json.dumps(packages()))
