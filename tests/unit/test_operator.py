"""The Pulumi Kubernetes Operator accepts the manifest for it."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from local.machine.operator_description import FILE
from local.parts import OPERATOR
from tests.absent import absent

MANIFEST = Path(__file__).parents[2] / "docs" / "operator" / "stack.yaml"
# Fields that version 2 of the operator adds, from its own definition (read in
# deploy/crds/pulumi.com_stacks.yaml at 475dbc6c; the module proxy has no version 2).
SINCE_2: dict[str, Any] = {
    "serviceAccountName": {"type": "string"},
    "shallow": {"type": "boolean"},
    "workspaceReclaimPolicy": {"enum": ["Retain", "Delete"]},
    "workspaceTemplate": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "spec": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "image": {"type": "string"},
                    "securityProfile": {"enum": ["baseline", "restricted"]},
                    "serviceAccountName": {"type": "string"},
                },
            }
        },
    },
}


def documents() -> dict[str, dict[str, Any]]:
    return {each["kind"]: each for each in yaml.safe_load_all(MANIFEST.read_text())}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """Return the fields of a Stack, with version 2's additions; an unknown field is an error."""
    if not FILE.exists():
        absent(OPERATOR)
    definition = yaml.safe_load(FILE.read_text())
    [version] = [each for each in definition["spec"]["versions"] if each["storage"]]
    assert (definition["spec"]["group"], version["name"]) == ("pulumi.com", "v1")
    found = strict(version["schema"]["openAPIV3Schema"])
    assert not SINCE_2.keys() & found["properties"]["spec"]["properties"].keys()
    found["properties"]["spec"]["properties"] |= SINCE_2
    found["properties"]["metadata"] = {"type": "object"}
    return found


def strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def wrong(schema: dict[str, Any], stack: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(stack)]


def test_the_operator_takes_the_stack(schema: dict[str, Any]) -> None:
    assert wrong(schema, documents()["Stack"]) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stack", None),
        ("stackName", "prod"),
        ("refresh", "yes"),
        ("resyncFrequencySeconds", "1h"),
        ("envRefs", {"A": {"secret": {"name": "n", "key": "k"}}}),
        ("gitAuth", {"accessToken": {"type": "Secret", "secret": {"name": "n"}}}),
        ("workspaceTemplate", {"spec": {"img": "pulumi/pulumi"}}),
    ],
)
def test_a_mistake_would_be_found(schema: dict[str, Any], key: str, value: Any) -> None:
    stack = deepcopy(documents()["Stack"])
    if value is None:
        del stack["spec"][key]
    else:
        stack["spec"][key] = value

    assert wrong(schema, stack)


def test_the_parts_of_the_manifest_name_each_other() -> None:
    found = documents()
    account, stack = found["ServiceAccount"]["metadata"], found["Stack"]
    [subject] = found["ClusterRoleBinding"]["subjects"]

    assert stack["spec"]["serviceAccountName"] == account["name"] == subject["name"]
    assert stack["metadata"]["namespace"] == account["namespace"] == subject["namespace"]
    assert stack["spec"]["destroyOnFinalize"] is False
