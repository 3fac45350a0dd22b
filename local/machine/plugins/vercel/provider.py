"""The Vercel plugin: configuration and the two resource types.

Configuration as the official provider takes it: ``apiToken`` (or VERCEL_API_TOKEN) and ``team``
(id or slug). VERCEL_API_URL points the plugin at another server.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from google.protobuf import struct_pb2

from local.machine.plugins import host
from local.machine.plugins.service import PluginError, Resource
from local.machine.plugins.vercel.api import Api, NotConfigured
from local.machine.plugins.vercel.bulk import BulkVariables
from local.machine.plugins.vercel.single import SingleVariable
from local.machine.plugins.wire import UNKNOWN, Properties, reveal

VERCEL = "https://api.vercel.com"
# The form of a token that the official provider requires.
TOKEN = re.compile(r"[0-9a-zA-Z]{24}")


class VercelProvider:
    """The plugin itself."""

    name = "vercel"
    version = "5.21.1"
    # A bridged provider names the properties that change, not how.
    detailed_diff = False

    def __init__(self) -> None:
        self._api: Api | None = None
        self.resources: Mapping[str, Resource] = {
            "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable": SingleVariable(
                self._configured
            ),
            "vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables": BulkVariables(
                self._configured
            ),
        }

    def configure(self, config: Properties) -> None:
        """Take token and team; raise ``PluginError`` if there is no usable token."""
        plain = reveal(config)
        token = plain.get("apiToken") or os.environ.get("VERCEL_API_TOKEN", "")
        if UNKNOWN in (token, plain.get("team")):
            return  # A preview in which another resource provides the token: nothing is sent.
        if not token:
            # The official provider's message; the program's settings say where to set the token.
            raise PluginError("Unable to find api_token: api_token cannot be an empty string")
        if not TOKEN.search(token):
            raise PluginError("the Vercel token (vercel:apiToken) does not have a token's form")
        base_url = os.environ.get("VERCEL_API_URL") or VERCEL
        self._api = Api(token=token, base_url=base_url, team=plain.get("team") or None)

    def checked(self, news: struct_pb2.Struct) -> struct_pb2.Struct:
        """Return the inputs unchanged."""
        return news

    def cancel(self) -> None:
        """Send no more requests."""
        if self._api is not None:
            self._api.stop()

    def _configured(self) -> Api:
        if self._api is None:
            raise NotConfigured("the Vercel provider's configuration is not known yet")
        return self._api


def serve() -> None:
    """Run the plugin until the engine ends it."""
    host.serve(VercelProvider())
