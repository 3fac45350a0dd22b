"""Requests made from the official descriptions: every answer of the world is one they describe.

Schemathesis makes the requests of each operation that the world answers, right ones and wrong
ones, from a fixed seed. The ids in them are mostly of things that are there. That a
request fits its description does not mean that it is taken: much of what the vendors refuse is
not in the descriptions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.world.operations import APIS, Operation, described, shape
from tests.conformance.inhabited import Inhabited, inhabited
from tests.descriptions import document, plain

pytestmark = pytest.mark.contract

EXAMPLES = 50
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ALIKE = "every other list that takes these parameters is described to refuse wrong ones so"
NO_JSON = "every other operation that takes a body is described to refuse one that is no JSON so"
# operation: {status: why it is right though the description does not have it}
UNDESCRIBED: dict[str, dict[int, str]] = {
    "ListInvitations": {422: ALIKE},
    "ListPendingOrganizationInvitations": {422: ALIKE},
    "ListJWTTemplates": {422: ALIKE},
    "ListRedirectURLs": {422: ALIKE},
    "GetOrganization": {422: ALIKE},
    "UsersGetOrganizationMemberships": {422: ALIKE},
    "UpdateOrganizationMembership": {400: NO_JSON},
    "RevokeOrganizationInvitation": {422: "every other form is described to refuse a field so"},
    "CreateSessionToken": {400: NO_JSON},
    "CreateSignInToken": {400: NO_JSON},
    "postClient": {422: "its form may have no field, and no refusal is described"},
}
COUNTED = ("GetSessionList", "ListInvitations", "ListJWTTemplates", "ListRedirectURLs")
"""Lists that are described as an array, and come with their count where `paginated` is true."""
OPERATIONS = [
    (name, operation) for name, api in APIS.items() if api.file for operation in api.operations
]


@pytest.fixture(scope="module")
def there() -> Iterator[Inhabited]:
    with inhabited() as made:
        yield made


def checks_of(name: str, case: Case) -> list[Any]:
    """Give what an answer is held to.

    Clerk takes a null for a field that is not there. Svix takes more than it describes: a page of
    nothing, a name twice in a list, a PUT under any id (tests/world/test_svix_server.py).
    """
    fields = case.body.values() if isinstance(case.body, dict) else ()
    return CHECKS if name == "svix" or None in fields else [*CHECKS, negative_data_rejection]


@cache
def answered(name: str) -> BaseSchema:
    """Give the description without the operations that the world does not answer."""
    api, whole = APIS[name], document(name)
    wanted = {(each.method, shape(each.path)) for each in api.operations}
    paths: dict[str, Any] = {}
    for method, path, operation in described(whole):
        if (method, shape(api.prefix + path)) in wanted:
            shared = {"parameters": whole["paths"][path].get("parameters", [])}
            paths.setdefault(path, shared)[method.lower()] = operation
    schema = schemathesis.openapi.from_dict({**whole, "paths": paths})
    schema.config.generation.update(with_security_parameters=False)
    return schema


def official(name: str, operation: Operation) -> APIOperation:
    """Give what the description says of an operation."""
    return answered(name).find_operation_by_id(operation.id)


@cache
def form_of_errors(name: str) -> jsonschema.Draft202012Validator:
    """Give the form of the refusals that share one, for those no operation describes."""
    components = plain(document(name)["components"])
    form = {"$ref": "#/components/schemas/ClerkErrors", "components": components}
    return jsonschema.Draft202012Validator(form)


def cases(operation: APIOperation, there: Inhabited) -> st.SearchStrategy[Case]:
    """Make requests: as generated, or with ids, names and bodies that are really there."""

    @cache
    def generated(sound: int, mode: GenerationMode) -> st.SearchStrategy[Case]:
        return operation.as_strategy(generation_mode=mode, **parts[sound])

    parts = [{}, *there.parts_of(operation)]
    usual = st.integers(0, len(parts) - 1)
    return st.tuples(usual, st.sampled_from(GenerationMode)).flatmap(lambda at: generated(*at))


def page_of(content: bytes) -> list[Any] | None:
    """Give the array out of a page with its count; None where it is something else."""
    body = json.loads(content)
    return body.get("data") if isinstance(body, dict) else None


def media_type_of(operation: APIOperation) -> str:
    """The media type of the operation's body."""
    return next(iter(operation.definition.raw["requestBody"]["content"]))


@pytest.mark.parametrize(
    ("name", "operation"), OPERATIONS, ids=[operation.id for _, operation in OPERATIONS]
)
def test_every_answer_is_described(there: Inhabited, name: str, operation: Operation) -> None:
    api, seen = APIS[name], Counter[int]()
    asked = official(name, operation)
    base = getattr(there.world.urls, api.service) + api.prefix
    excused = UNDESCRIBED.get(operation.id, {})
    errors = form_of_errors(name)
    session = requests.Session()
    session.trust_env = False

    def ask(case: Case, headers: dict[str, str]) -> None:
        there.restore()
        answer = case.call(base_url=base, session=session, headers=headers)
        seen[answer.status_code] += 1
        if operation.id in COUNTED and (counted := page_of(answer.content)) is not None:
            answer.content = json.dumps(counted).encode()
        if answer.status_code in excused:
            errors.validate(answer.json())
        else:
            case.validate_response(answer, checks=checks_of(name, case))

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],  # to shrink what failed takes minutes
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(asked, there), headers=st.sampled_from(there.headers[name]))
    def ask_generated(case: Case, headers: dict[str, str]) -> None:
        ask(case, headers)

    with session:
        fixed = [*there.parts_of(asked), *there.wrong_parts_of(asked)]
        for parts, headers in product(fixed, there.headers[name]):
            media_type = media_type_of(asked) if "body" in parts else None
            ask(asked.Case(**parts, media_type=media_type), headers)
        ask_generated()

    print(dict(seen))
    assert any(200 <= status < 300 for status in seen), seen
    assert excused.keys() <= seen.keys(), "an exception that nothing needs"
