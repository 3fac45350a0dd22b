"""`python3 -m local.machine.engine`: set up the engine, show which one is used, print its
variables."""

from __future__ import annotations

import argparse
import json
import os
import sys

from local.machine.engine.choice import Engine, EngineSetupError, ensure, ensure_official, stamped
from local.machine.engine.places import Places
from local.machine.engine.release import Unusable, pin
from local.machine.engine.variables import uses_stand_ins, write_env_file
from local.machine.steps import Steps, interruptible

COMMANDS = {
    "ensure": "set the engine up where needed, and say which one is used",
    "status": "say which engine is used; set nothing up (ends with 1 when there is none)",
    "env": "set up, write .local/env.sh and print it",
    "official": "bring the official release and its plugins, whatever is on PATH, as CI needs it",
    "pin": "record the hashes of the official release in local/machine/engine/official.lock",
}


def main(arguments: list[str] | None = None) -> int:
    """Return exit code 0, 1 if there is no engine, 130 if interrupted."""
    options = _options(arguments)
    interruptible()
    places = Places()
    try:
        if options.command == "pin":
            print(pin(os.environ, places))
            return 0
        if options.command == "official":
            brought = ensure_official(places, environ=os.environ, steps=Steps("engine"))
            print(f"Pulumi {brought.version}: {brought.pulumi}")
            return 0
        engine = (
            stamped(places, environ=os.environ)
            if options.command == "status"
            else ensure(places, environ=os.environ, steps=Steps("engine"))
        )
    except (EngineSetupError, Unusable) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing half-made is left", file=sys.stderr)
        return 130
    if engine is None:
        print("{}" if options.json else "no engine is set up yet (make engine)")
        return 1
    if options.command != "status":
        text = write_env_file(engine, places, os.environ)
    if options.json:
        print(json.dumps(_facts(engine)))
    elif options.command == "env":
        print(text, end="")
    else:
        facts = _facts(engine)
        print(f"Pulumi {engine.version} ({facts['source']}): {engine.pulumi}")
    return 0


def _facts(engine: Engine) -> dict[str, str | bool]:
    return {
        "source": engine.source,
        "version": engine.version,
        "pulumi": str(engine.pulumi),
        "stand_ins": uses_stand_ins(engine, os.environ),
    }


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m local.machine.engine", description=__doc__)
    parser.add_argument(
        "command",
        choices=COMMANDS,
        help="; ".join(f"{name}: {text}" for name, text in COMMANDS.items()),
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
