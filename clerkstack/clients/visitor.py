"""Clerk Frontend API as a visitor of the app: signs up, signs in, has a session.

It works like a native app (security schemes ProductionNativeApp and ProductionNativeFlag of the
description): each answer has the client's token, which is sent with the next request, on
development and production instances alike. So a session's token names no authorized party.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, Unpack

from pydantic import SecretStr

from clerkstack.clients.answers import Answer, read_answer
from clerkstack.clients.frontend import SERVICE, frontend_http
from clerkstack.clients.http import Client, Options, joined

TESTING_TOKEN = "__clerk_testing_token"
"""The name is from Clerk's documentation of testing tokens; the API description lacks it."""


class SignUp(Answer):
    """An attempt to sign up (Client.SignUp)."""

    id: str
    status: str
    missing_fields: tuple[str, ...] = ()
    created_user_id: str | None = None
    created_session_id: str | None = None


class SignIn(Answer):
    """An attempt to sign in (Client.SignIn)."""

    id: str
    status: str
    created_session_id: str | None = None


class _SignUp(Answer):
    response: SignUp


class _SignIn(Answer):
    response: SignIn


class _Token(Answer):
    jwt: SecretStr


_Read = TypeVar("_Read", bound=Answer)


class VisitorClient(Client):
    """One visitor of an instance's app.

    `frontend_http` says how the instance is addressed. `testing_token` lets the visitor pass the
    bot protection.
    """

    def __init__(
        self,
        *,
        publishable_key: str,
        base_url: str | None = None,
        testing_token: SecretStr | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._http = frontend_http(publishable_key, base_url, **options)
        self._params = {"_is_native": "1"}
        if testing_token is not None:
            self._params[TESTING_TOKEN] = testing_token.get_secret_value()
        self._client_token = ""

    def sign_up(self, fields: Mapping[str, str]) -> SignUp:
        """Start a sign-up with form fields: email_address, password, … An instance refuses fields
        that it has turned off (createSignUps)."""
        return self._posted(_SignUp, "createSignUps", "/v1/client/sign_ups", fields).response

    def send_code(self, sign_up_id: str) -> SignUp:
        """Ask for a code by email (prepareSignUpsVerification)."""
        path = joined("v1", "client", "sign_ups", sign_up_id, "prepare_verification")
        form = {"strategy": "email_code"}
        return self._posted(_SignUp, "prepareSignUpsVerification", path, form).response

    def verify_code(self, sign_up_id: str, *, code: str) -> SignUp:
        """Verify the email address with its code (attemptSignUpsVerification)."""
        path = joined("v1", "client", "sign_ups", sign_up_id, "attempt_verification")
        form = {"strategy": "email_code", "code": code}
        return self._posted(_SignUp, "attemptSignUpsVerification", path, form).response

    def sign_in(self, *, ticket: SecretStr) -> SignIn:
        """Sign in with a sign-in token (createSignIn)."""
        form = {"strategy": "ticket", "ticket": ticket.get_secret_value()}
        return self._posted(_SignIn, "createSignIn", "/v1/client/sign_ins", form).response

    def session_token(self, session_id: str, *, organization_id: str) -> SecretStr:
        """A token of the session, with the organization as the active one (createSessionToken)."""
        path = joined("v1", "client", "sessions", session_id, "tokens")
        form = {"organization_id": organization_id}
        return self._posted(_Token, "createSessionToken", path, form).jwt

    def _posted(
        self, model: type[_Read], operation: str, path: str, form: Mapping[str, str]
    ) -> _Read:
        token = self._client_token
        headers = {"Authorization": token} if token else None
        answer = self._http.send(
            operation, "POST", path, params=self._params, form=form, headers=headers
        )
        self._client_token = answer.headers.get("Authorization", token)
        return read_answer(
            model,
            answer.content,
            vendor=SERVICE.name,
            operation=operation,
            address=self._http.address,
        )
