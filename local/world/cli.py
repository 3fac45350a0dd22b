"""`python -m local.world`: serve the world, or start it in the background and talk to it."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from local.world import background
from local.world.store import DEFAULT_PORT, HIGHEST_PORT, Home, PortTaken, Urls, WorldError

app = typer.Typer(
    help="The local world: Clerk, Svix and Vercel emulated on loopback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

HomeOption = Annotated[Path, typer.Option("--home", help="folder of state, addresses and log")]
PortOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=HIGHEST_PORT,
        help=f"control API; the services have the next five. 0: free ones. [{DEFAULT_PORT}]",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON")]
SpecsOption = Annotated[
    Path,
    typer.Option("--specs", envvar="API_SPECS", help="folder of the official descriptions"),
]
HOME = Path(".local/world")
SPECS = Path("../shared/specs")


@app.command()
def serve(
    home: HomeOption = HOME,
    port: PortOption = None,
    seed: Annotated[bool, typer.Option(help="begin a new world with Sendero's accounts")] = True,
    as_json: JsonOption = False,
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM."""
    from local.world.world import World  # imported here: other commands do not need it

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with World(home, DEFAULT_PORT if port is None else port, seed, serves=True) as world:
            _show(world.urls, as_json)
            sys.stdout.flush()
            ended.wait()
    except PortTaken as error:
        if as_json:
            print(json.dumps({"port_taken": error.port}))  # for background.start
        _fail(str(error))
    except WorldError as error:
        _fail(str(error))


@app.command()
def start(home: HomeOption = HOME, port: PortOption = None, as_json: JsonOption = False) -> None:
    """Start in the background and return when ready. Does nothing if it is running."""
    folder = Home(home)
    running = folder.urls()
    if running is None:
        try:
            running = background.start(folder, port)
        except WorldError as error:
            _fail(str(error))
    elif port and not running.control.endswith(f":{port}"):
        _fail(f"The world runs at {running.control} already. Stop it first.")
    _show(running, as_json)


@app.command()
def stop(home: HomeOption = HOME) -> None:
    """Stop it; its state stays. Does nothing if it is not running."""
    try:
        stopped = background.stop(Home(home))
    except WorldError as error:
        _fail(str(error))
    print("stopped" if stopped else "not running")


@app.command()
def status(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """Show whether it runs, and where. Exit code 1 if it does not."""
    running = Home(home).urls()
    if running is None:
        print("{}" if as_json else "not running")
        raise typer.Exit(1)
    _show(running, as_json)


@app.command()
def journal(
    home: HomeOption = HOME,
    clear: Annotated[bool, typer.Option("--clear", help="then forget the requests so far")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the requests to the services."""
    if clear:
        _control(home, "DELETE", "/journal")
        return
    entries = _control(home, "GET", "/journal")
    if as_json:
        print(json.dumps(entries, indent=2))
        return
    for entry in entries:
        query = f"?{entry['query']}" if entry["query"] else ""
        end = f"  [{entry['fault']}]" if entry["fault"] else ""
        line = f"{entry['method']} {entry['path']}{query}{end}"
        print(f"{entry['seq']:>5}  {entry['status'] or '-':>3}  {entry['service']:<8}  {line}")


@app.command()
def faults(
    home: HomeOption = HOME,
    add: Annotated[str | None, typer.Option(help="arm this fault, a JSON object")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="disarm all")] = False,
) -> None:
    """List the pending faults, arm one, or disarm all.

    For example: --add '{"kind": "status", "status": 429, "service": "clerk", "method": "PATCH"}'
    """
    if clear:
        _control(home, "DELETE", "/faults")
    if add is not None:
        _control(home, "POST", "/faults", content=add)
    print(json.dumps(_control(home, "GET", "/faults"), indent=2))


@app.command()
def route(
    host: Annotated[str | None, typer.Argument(help="such as sendero.example")] = None,
    address: Annotated[
        str | None, typer.Argument(help="http://127.0.0.1:3000; without it the route ends")
    ] = None,
    home: HomeOption = HOME,
) -> None:
    """Let an address on this machine answer for a host, and list all routes."""
    if host is None:
        found = _control(home, "GET", "/routes")
    else:
        body = json.dumps({"host": host, "address": address})
        found = _control(home, "POST", "/routes", content=body)
    print(json.dumps(found, indent=2))


@app.command("app")
def run_app(
    target: Annotated[
        str, typer.Option(help="the target whose newest deployment to run")
    ] = "preview",
    host: Annotated[
        str | None, typer.Option(help="the host that it answers for, besides its own address")
    ] = None,
    project: Annotated[str | None, typer.Option(help="the project; default: the app's")] = None,
    home: HomeOption = HOME,
    as_json: JsonOption = False,
) -> None:
    """Run the example app as the deployment of a target, until the world stops."""
    body = {"target": target, "host": host, "project": project}
    found = _control(home, "POST", "/app", content=json.dumps(body))
    if as_json:
        print(json.dumps(found))
    else:
        print(f"{found['deployment']} answers at {found['address']}")


@app.command()
def reset(home: HomeOption = HOME) -> None:
    """Go back to the beginning: the seed, no faults, an empty journal."""
    _control(home, "POST", "/reset")


@app.command()
def advance(
    hours: Annotated[float, typer.Argument(min=0, help="how many hours")], home: HomeOption = HOME
) -> None:
    """Make the overlaps of rotated secrets end that many hours earlier."""
    _control(home, "POST", "/advance", content=json.dumps({"hours": hours}))


@app.command()
def dashboard(
    action: str,
    body: Annotated[str, typer.Argument(help="a JSON object")] = "{}",
    home: HomeOption = HOME,
) -> None:
    """Act as a person in a vendor's dashboard."""
    print(json.dumps(_control(home, "POST", f"/dashboard/{action}", content=body)["result"]))


@app.command()
def operations(
    specs: SpecsOption = SPECS,
    write: Annotated[bool, typer.Option("--write", help="renew docs/emulators.md")] = False,
) -> None:
    """List the emulated operations, and the documented ones that are not emulated, as Markdown."""
    from local.world.operations import page_part, write_page  # loads all vendors

    try:
        write_page(specs) if write else print(page_part(specs), end="")
    except WorldError as error:
        _fail(str(error))


def main() -> None:
    """Run the command line."""
    app(prog_name="python -m local.world")


def _control(home: Path, method: str, path: str, content: str | None = None) -> Any:
    import httpx  # imported here: start, stop and status do not need it

    running = Home(home).urls()
    if running is None:
        _fail("The world is not running: python -m local.world start")
    try:
        answer = httpx.request(
            method,
            running.control + path,
            content=content,
            headers={"Content-Type": "application/json"},
            trust_env=False,
            timeout=60,
        )
    except httpx.HTTPError as error:
        _fail(f"{running.control} does not answer: {error}")
    if answer.is_error:
        _fail(str(answer.json()["error"]))
    return answer.json() if answer.content else None


def _show(urls: Urls, as_json: bool) -> None:
    if as_json:
        print(json.dumps(urls.to_json()))
        return
    for name, url in urls.to_json().items():
        print(f"{name:<9} {url}")


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(1)
