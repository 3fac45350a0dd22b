"""No message, log, representation or chained exception shows a key."""

from __future__ import annotations

import base64
import json
import logging
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import BackendClient
from clerkstack.clients.errors import ApiError, UnexpectedAnswer, Unreachable, UnusableKey
from clerkstack.clients.platform import ApplicationInstance, PlatformClient
from clerkstack.clients.svix import SvixClient
from clerkstack.clients.vercel import VercelClient

KEY = "ak_c2VjcmV0LXZhbHVl"
TOKEN = "ott_vLkQ0123456789"


def link(**held: object) -> str:
    key = base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")
    return f"https://app.svix.com/login#key={key}"


def client(app: httpx.MockTransport) -> PlatformClient:
    return PlatformClient(
        key=SecretStr(KEY),
        base_url="https://api.clerk.test",
        transport=app,
        sleep=lambda seconds: None,
    )


def everything(error: BaseException) -> str:
    """Return all that could be printed of an exception, its chain and its attributes."""
    chain = [error]
    while (below := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(below)
    printed = "".join(traceback.format_exception(error))
    return printed + "".join(f"{each!r} {vars(each)!r}" for each in chain)


@pytest.fixture
def service() -> Iterator[str]:
    """A real server that refuses everybody and echoes what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = f"I do not know {self.headers['Authorization']}"
            body = json.dumps({"errors": [{"code": "no", "message": said}]}).encode()
            self.send_response(401)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Echo", self.headers["Authorization"])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_debug_logging_of_everything_shows_no_key(
    service: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with (
        pytest.raises(ApiError) as caught,
        PlatformClient(key=SecretStr(KEY), base_url=service) as platform,
    ):
        platform.get_application("app_1", include_secret_keys=True)

    assert "GET" in caplog.text
    assert KEY not in caplog.text
    assert KEY not in everything(caught.value)


@pytest.mark.parametrize("logger", ["httpx", "httpcore.connection", "httpcore.http11"])
def test_request_headers_are_in_no_log_even_where_it_is_asked_for(
    service: str, caplog: pytest.LogCaptureFixture, logger: str
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger=logger)

    with (
        pytest.raises(ApiError),
        PlatformClient(key=SecretStr(KEY), base_url=service) as platform,
    ):
        platform.get_application("app_1")

    # This server echoes in a response header; request headers are never logged.
    asked = [record.getMessage() for record in caplog.records if record.name == logger]
    assert asked
    assert not [line for line in asked if KEY in line and "return_value" not in line]


def test_an_echoed_key_of_any_form_is_taken_out() -> None:
    token = "hF3kPlainTokenWithoutForm"
    echo = {"error": {"code": token, "message": f"Token {token} is not valid"}}
    vercel = VercelClient(
        token=SecretStr(token),
        base_url="https://api.vercel.test",
        transport=httpx.MockTransport(lambda request: httpx.Response(403, json=echo)),
    )

    with pytest.raises(ApiError, match="is not valid") as caught:
        vercel.list_variables("prj_1")

    assert token not in everything(caught.value)


def test_a_secret_in_a_request_is_taken_out_of_the_refusal() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)["connection_oauth_google"]
        error = {
            "code": "config_validation_error",
            "message": f"client_secret {sent['client_secret']} is too short",
            "meta": {"given": [sent], "param_name": "client_secret"},
        }
        return httpx.Response(422, json={"errors": [error]})

    with pytest.raises(ApiError, match="too short") as caught:
        client(httpx.MockTransport(app)).patch_config(
            "app_1",
            "development",
            {"connection_oauth_google": {"client_id": "id-1", "client_secret": "GOCSPX-abcdef"}},
            if_match="1",
        )

    assert "GOCSPX" not in everything(caught.value)
    assert "param_name: client_secret" in str(caught.value)


def test_a_secret_that_the_service_trimmed_is_taken_out_as_well() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)["connection_oauth_google"]
        said = f"client_secret {sent['client_secret'].strip()} is too short"
        return httpx.Response(422, json={"errors": [{"code": "no", "message": said}]})

    with pytest.raises(ApiError, match="too short") as caught:
        client(httpx.MockTransport(app)).patch_config(
            "app_1",
            "development",
            {"connection_oauth_google": {"client_secret": "  GOCSPX-abcdef\n"}},
            if_match="1",
        )

    assert "GOCSPX" not in everything(caught.value)


def test_keys_in_a_trace_and_in_names_are_taken_out() -> None:
    echo = {
        "errors": [
            {
                "code": "no",
                "meta": {"sk_live_PLANTED1": "x", KEY: ["y"], "given": [{f"Bearer {KEY}": "z"}]},
            }
        ],
        "clerk_trace_id": f"tr sk_live_PLANTED2 {KEY}",
    }

    with pytest.raises(ApiError, match="no") as caught:
        client(httpx.MockTransport(lambda request: httpx.Response(400, json=echo))).get_application(
            "app_1"
        )

    shown = everything(caught.value)
    assert "PLANTED" not in shown
    assert KEY not in shown
    assert caught.value.trace_id == "tr sk_live_… …"


def test_errors_are_chained_to_nothing() -> None:
    def closed(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset", request=request)

    def other(request: httpx.Request) -> httpx.Response:
        instance = {"instance_id": 1, "secret_key": "sk_live_abcdef"}
        body = {"application_id": "app_1", "name": "n", "instances": [instance]}
        return httpx.Response(200, json=body)

    def refused(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, text="<html>")

    for app, kind in ((closed, Unreachable), (other, UnexpectedAnswer), (refused, ApiError)):
        with pytest.raises(kind) as caught:
            client(httpx.MockTransport(app)).get_application("app_1")

        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
        assert "abcdef" not in everything(caught.value)


@pytest.mark.parametrize("key", ["", "ak_abc\n", "ak_ abc", "ak_\u00e4bc", "ak_abc\r\nX: y"])
def test_a_key_that_no_header_can_carry_is_reported_without_showing_it(key: str) -> None:
    with pytest.raises(UnusableKey, match="Clerk's Platform API") as caught:
        PlatformClient(key=SecretStr(key), base_url="https://api.clerk.test")

    assert not key.strip() or key.strip() not in everything(caught.value)


def test_a_password_in_an_address_is_not_shown() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    platform = PlatformClient(
        key=SecretStr(KEY),
        base_url="https://me:hunter2@proxy.test",
        transport=httpx.MockTransport(app),
        sleep=lambda seconds: None,
    )

    with pytest.raises(Unreachable, match=r"https://proxy\.test") as caught:
        platform.get_application("app_1")

    assert "hunter2" not in f"{platform!r} {everything(caught.value)}"


@pytest.mark.parametrize(
    "url",
    [
        link(appId="app_1", oneTimeToken=TOKEN),
        link(oneTimeToken=TOKEN, region="eu"),
        link(appId="app_1", oneTimeToken=TOKEN, region="eu.evil.test/"),
        link(appId="app_1", oneTimeToken=TOKEN, region="eu")[:-5],
        f"https://app.svix.com/login#{TOKEN}",
        f"https://[bad#key={TOKEN}",
    ],
)
def test_a_link_of_another_form_is_not_repeated(url: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="link to Svix") as caught:
        SvixClient.from_link(
            url, transport=httpx.MockTransport(lambda request: pytest.fail("sent"))
        )

    shown = everything(caught.value)
    assert TOKEN not in shown
    assert url.rpartition("#")[2][4:] not in shown


def test_a_one_time_token_is_not_repeated() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"code": "used", "detail": f"{TOKEN} was used"})

    with pytest.raises(ApiError, match="was used") as caught:
        SvixClient.from_link(
            link(appId="app_1", oneTimeToken=TOKEN, region="eu"),
            transport=httpx.MockTransport(app),
        )

    assert TOKEN not in everything(caught.value)


def test_secrets_of_answers_do_not_show_in_them() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"svix_url": link(oneTimeToken=TOKEN)})

    backend = BackendClient(
        key=SecretStr("sk_test_abcdef"),
        base_url="https://api.clerk.test",
        transport=httpx.MockTransport(app),
    )

    backend.svix_url()

    assert "abcdef" not in f"{backend!r} {vars(backend)!r} {vars(vars(backend)['_http'])!r}"


def test_a_refused_answer_is_not_repeated_by_the_lower_error_either() -> None:
    with pytest.raises(ValueError, match="instance_id") as caught:
        ApplicationInstance.model_validate({"secret_key": "sk_live_abcdef"})

    assert "abcdef" not in str(caught.value)
