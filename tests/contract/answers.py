"""Checks an answer against the official description of its operation."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

import httpx
import jsonschema

from local.world.operations import APIS, shape
from tests.descriptions import document, plain
from tests.world.serving import Service, app_of


class Description:
    """One official description."""

    def __init__(self, document: dict[str, Any], prefix: str) -> None:
        self._document = document
        self._operations = {
            (method.upper(), shape(prefix + path)): operation
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self._components = plain(document["components"])

    @classmethod
    def read(cls, api: str) -> Description:
        """Read a description, such as `platform`."""
        return cls(document(api), APIS[api].prefix)

    def check(self, path: str, answer: httpx.Response, *, undescribed: bool = False) -> None:
        """Fail unless the operation's description has status and body.

        ``undescribed`` is for the few statuses that the vendor's own clients expect and the
        description lacks: then only the form of an error is checked.
        """
        operation = self._operations[answer.request.method, shape(path)]
        described = operation["responses"].get(str(answer.status_code))
        if described is None and undescribed:
            self._validate({"$ref": "#/components/schemas/ClerkErrors"}, answer)
            return
        assert not undescribed, f"{answer.status_code} is described: no exception is needed"
        assert described is not None, f"{path} is not described to answer {answer.status_code}"
        if "$ref" in described:
            described = self._document["components"]["responses"][described["$ref"].split("/")[-1]]
        content = described.get("content")
        if content is None:
            assert answer.content == b""
            return
        self._validate(plain(content["application/json"]["schema"]), answer)

    def describes(self, method: str, path: str, status: int) -> bool:
        """Return whether the description has this answer of an operation."""
        return str(status) in self._operations[method, shape(path)]["responses"]

    def _validate(self, schema: dict[str, Any], answer: httpx.Response) -> None:
        assert answer.headers["content-type"].startswith("application/json")
        jsonschema.Draft202012Validator(
            {**schema, "components": self._components},
            format_checker=jsonschema.FormatChecker(),
        ).validate(answer.json())


# Creating the routes takes longer than a request, and tests use one service at a time.
_latest_app = lru_cache(maxsize=1)(app_of)


def asked(service: Service, method: str, path: str, **options: Any) -> httpx.Response:
    """Send a request to a service in this process, without a listener."""
    app = _latest_app(service)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        base = "http://world.test"
        async with httpx.AsyncClient(transport=transport, base_url=base, trust_env=False) as client:
            return await client.request(method, path, **options)

    return asyncio.run(ask())
