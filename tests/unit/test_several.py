"""docs/several.md: its example of two projects is a stack's settings as they are loaded."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ruamel.yaml import YAML

from clerkstack.desired.variables import Keys, variables
from clerkstack.settings.load import load_settings

PAGE = Path(__file__).parents[2] / "docs" / "several.md"


def test_the_example_of_two_projects_says_what_the_page_says() -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block is not None
    said = YAML(typ="safe").load(block[1])
    raw = {k: v if isinstance(v, str) else json.dumps(v) for k, v in said.items()}
    raw |= {"clerkstack:instance": "production", "clerkstack:applicationId": "app_1"}
    raw |= {"clerkstack:platformKey": "ak_c2VjcmV0", "vercel:apiToken": "vercel_c2VjcmV0"}

    api, web = load_settings(raw, stack="prod").vercel_projects

    assert (web.name, web.project_id, web.team_id) == ("web", "prj_web", "team_acme")
    assert (web.app_url, web.names, web.redeploy) == ("https://sendero.example", ("nextjs",), True)
    assert (api.app_url, api.names) == ("https://api.sendero.example", ("express",))
    assert (api.team_id, api.redeploy) == ("team_acme", False)
    keys = Keys[str]("pk", "sk", "whsec")
    named = {
        f"{api.resource}-{variable.target}-{variable.key}" for variable in variables(api, keys)
    }
    for name in re.findall(r"environment-api-[\w-]+", PAGE.read_text()):
        assert name in named
