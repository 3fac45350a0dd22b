"""Vercel's HTTP API as the plugin needs it: requests, rate limits, refusals.

Waits and retries as the official provider does: only on 429, at most three times, and only when
Retry-After asks for less than five minutes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clerkstack.scrub import scrubbed_values
from local.machine.plugins.service import PluginError

if TYPE_CHECKING:
    import httpx

RETRIES = 3
LONGEST_WAIT_SECONDS = 300
PAGE = 100
TIMEOUT_SECONDS, CONNECT_SECONDS = 60.0, 10.0


class NotConfigured(PluginError):
    """The provider's configuration is not known yet, because this preview would create it."""


class Refused(PluginError):
    """Vercel answered with an error; ``error`` is its error object, ``failed`` that of a bulk
    request."""

    def __init__(self, status: int, error: Mapping[str, Any], failed: list[Any]) -> None:
        code = error.get("code", status)
        super().__init__(f"{code} - {error.get('message', 'no message')}")
        self.status = status
        self.code = code
        self.error = error
        self.failed = failed


class Api:
    """One provider's access to Vercel. All methods raise ``PluginError``."""

    def __init__(
        self,
        *,
        token: str,
        base_url: str,
        team: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base_url, self._transport = base_url, transport
        self._token, self._team = token, team
        self._lock, self._lock_of_client = threading.Lock(), threading.Lock()
        self._teams: dict[str, Mapping[str, Any]] = {}
        self._stopped = threading.Event()

    @cached_property
    def _client(self) -> httpx.Client:
        # Imported here: a run without changes sends nothing and needs no HTTP library.
        import httpx

        return httpx.Client(
            base_url=self._base_url,
            headers={
                "Authorization": f"Bearer {self._token}",
                "User-Agent": "pulumi-resource-vercel",
            },
            timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
            transport=self._transport,
        )

    def stop(self) -> None:
        """Start no more requests and end the pauses."""
        self._stopped.set()

    def team(self, team_id: str | None) -> Mapping[str, Any] | None:
        """Return the named team, else the provider's default one, else None; each is read once."""
        wanted = team_id or self._team
        if wanted is None:
            return None
        with self._lock:
            if wanted not in self._teams:
                self._teams[wanted] = self.request("GET", f"/v2/teams/{wanted}", team_id=None)
            return self._teams[wanted]

    def team_id(self, team_id: str | None) -> str | None:
        """Return the id of the team to act for; a default team may be configured by its slug."""
        if team_id:
            return team_id
        team = self.team(None)
        return str(team["id"]) if team else None

    def request(
        self,
        method: str,
        path: str,
        *,
        team_id: str | None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """Send one request and give the parsed answer."""
        params = {**(query or {}), **({"teamId": team_id} if team_id else {})}
        for attempt in range(RETRIES + 1):
            response = self._send(method, path, params, body)
            wait = _retry_after(response)
            if response.status_code != 429 or attempt == RETRIES or wait >= LONGEST_WAIT_SECONDS:
                break
            if self._stopped.wait(wait):
                break
        return _answer(response, (self._token, *_secrets_in(body)))

    def variables(self, project_id: str, team_id: str | None) -> Iterator[Mapping[str, Any]]:
        """Yield every variable of a project, readable values decrypted."""
        query = {"decrypt": "true", "limit": str(PAGE)}
        while True:
            answer = self.request(
                "GET", f"/v8/projects/{project_id}/env", team_id=team_id, query=query
            )
            yield from answer["envs"]
            following = answer.get("pagination", {}).get("next")
            if following is None or str(following) == query.get("until"):
                return
            query["until"] = str(following)

    def _send(self, method: str, path: str, params: Mapping[str, str], body: Any) -> httpx.Response:
        if self._stopped.is_set():
            raise PluginError("not sent: the deployment is being stopped")
        import httpx

        with self._lock_of_client:
            client = self._client
        try:
            return client.request(method, path, params=params, json=body)
        except httpx.HTTPError as error:
            raise PluginError(
                f"could not reach Vercel at {client.base_url} for {method} {path}: "
                f"{type(error).__name__}"
            ) from error


def _secrets_in(body: Any) -> Iterator[str]:
    """Yield the values in a body that are not plain, which errors must not repeat."""
    for each in body if isinstance(body, list) else [body]:
        if isinstance(each, dict) and each.get("type") != "plain":
            yield str(each.get("value", ""))


def _answer(response: httpx.Response, hidden: Iterable[str]) -> Any:
    try:
        answer = response.json() if response.content else None
    except ValueError:
        answer = None
    if response.status_code < 300 and answer is not None:
        return answer
    if not isinstance(answer, dict):
        raise Refused(response.status_code, {"message": "an answer that is not JSON"}, [])
    values = tuple(hidden)
    error = scrubbed_values(answer.get("error"), values)
    failed = scrubbed_values(answer.get("failed"), values)
    raise Refused(
        response.status_code,
        error if isinstance(error, dict) else {},
        failed if isinstance(failed, list) else [],
    )


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() and int(text) > 0 else 1.0
