"""The engine's environment variables, for make's targets and for a person's shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from local.machine.engine.choice import Engine
from local.machine.engine.places import Places

PASSPHRASE = "local"
"""The passphrase of the local stacks. It protects nothing, since their secrets are invented."""

STAND_INS_VARIABLE = "CLERKSTACK_STAND_INS"
"""`yes` puts the stand-in plugins on PATH even with an official engine, for a machine that cannot
download plugins; `no` removes them even with a built engine."""


DROPPED = (
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_PYTHON_CMD",
    "PULUMI_STACK",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
)
"""Variables of the user's own work that would lead the stack `local` to another Python or stack."""

LOOPBACK = "127.0.0.1,localhost"
"""The engine and its plugins use these addresses, never through a proxy."""

HEAD = """\
# Made by `python3 -m local.machine.engine env`. Use: source .local/env.sh
# For the stacks `local` and `local-prod` only. In this shell, commands on any other stack would
# use the same state (.local/state) and passphrase, and the local world instead of Vercel. No other
# host is reachable (VERCEL_API_URL, HTTPS_PROXY), except npm's registries.
# Use a new shell for other stacks.
"""


def uses_stand_ins(engine: Engine, environ: Mapping[str, str]) -> bool:
    """Return whether the stand-in plugins are on PATH: with an engine built here, because the
    official plugins are then out of reach too. An official engine fetches its own."""
    wish = environ.get(STAND_INS_VARIABLE, "")
    if wish in ("yes", "no"):
        return wish == "yes"
    return not engine.official


def folders(engine: Engine, places: Places, environ: Mapping[str, str]) -> list[Path]:
    """Return the folders in front of the user's PATH, in order."""
    before = [places.venv_bin]
    if engine.source != "path":
        before.append(engine.pulumi.parent)
    if uses_stand_ins(engine, environ):
        before.append(places.stand_ins)
    return before


def variables(engine: Engine, places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the complete environment for commands on the stack `local`.

    The state is always in the project's own folder, whatever backend the user has.
    """
    before = [str(folder) for folder in folders(engine, places, environ)]
    after = [at for at in environ.get("PATH", "").split(os.pathsep) if at not in before]
    return {
        **{key: value for key, value in environ.items() if key not in DROPPED},
        **_without_proxy(environ),
        "PATH": os.pathsep.join([*before, *after]),
        "VIRTUAL_ENV": str(places.venv_bin.parent),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_HOME": str(places.pulumi_home),
        "PULUMI_BACKEND_URL": places.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
    }


def _without_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """Return NO_PROXY in both spellings: Go reads the first one that is set, gRPC only the
    second."""
    made = {}
    for key, other in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY")):
        users = environ.get(key) or environ.get(other, "")
        has = f",{LOOPBACK}," in f",{users},"
        made[key] = users if has else ",".join(filter(None, (users, LOOPBACK)))
    return made


def shell_exports(engine: Engine, places: Places, environ: Mapping[str, str]) -> str:
    """Return the same as text for a POSIX shell. Variables that the user has set stay, so that the
    stacks of a team keep their backend and passphrase."""
    before = os.pathsep.join(shlex.quote(str(at)) for at in folders(engine, places, environ))
    defaults = {
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_HOME": str(places.pulumi_home),
        "PULUMI_BACKEND_URL": places.state.as_uri(),
    }
    world = shlex.quote(str(places.local / "world" / "env.sh"))
    lines = [
        f'export PATH={before}:"$PATH"',
        f"export VIRTUAL_ENV={shlex.quote(str(places.venv_bin.parent))}",
    ]
    lines += [f"export {key}=${{{key}:-{shlex.quote(to)}}}" for key, to in defaults.items()]
    lines += [
        'if [ -z "${PULUMI_CONFIG_PASSPHRASE_FILE:-}" ]; then',
        f"    export PULUMI_CONFIG_PASSPHRASE=${{PULUMI_CONFIG_PASSPHRASE-{PASSPHRASE}}}",
        "fi",
        "unset PULUMI_PYTHON_CMD",
        ': "${NO_PROXY:=${no_proxy-}}"',
        ': "${no_proxy:=$NO_PROXY}"',
        *(
            f'case ",${key}," in *,{LOOPBACK},*) ;; '
            f'*) {key}="${{{key}:+${key},}}{LOOPBACK}" ;; esac'
            for key in ("NO_PROXY", "no_proxy")
        ),
        "export NO_PROXY no_proxy",
        # The addresses of the local world while it runs, for the local stacks. Tests have their
        # own.
        f'if [ "${{CLERKSTACK_WORLD-}}" != no ] && [ -f {world} ]; then . {world}; fi',
    ]
    return HEAD + "\n".join(lines) + "\n"


def write_env_file(engine: Engine, places: Places, environ: Mapping[str, str]) -> str:
    """Write the shell's exports to `.local/env.sh` if they changed, and return their text."""
    text = shell_exports(engine, places, environ)
    if not places.env_file.exists() or places.env_file.read_text() != text:
        places.local.mkdir(parents=True, exist_ok=True)
        fresh = places.env_file.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(places.env_file)
    places.state.mkdir(parents=True, exist_ok=True)
    return text
