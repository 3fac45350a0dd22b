"""The contents of a fresh world: Sendero before anything is deployed.

The keys are fixed, so that a stack file can contain them (encrypted) for every new world. They only
open an emulator on loopback.
"""

from __future__ import annotations

from typing import Any

from local.world.service import Dashboard
from local.world.vercel import VercelBackend

APPLICATION_ID = "app_senderolocal"
APPLICATION_NAME = "Sendero"
PLATFORM_KEY = "ak_local_sendero_platform"
VERCEL_TOKEN = "localSenderoVercelToken1"
VERCEL_PROJECT_ID = "prj_senderolocal"
VERCEL_PROJECT_NAME = "sendero"
VERCEL_API_PROJECT_ID = "prj_senderolocalapi"
VERCEL_TEAM_ID = "team_senderolocal"
VERCEL_TEAM_PROJECT_ID = "prj_senderolocaljobs"


def seed_vercel(vercel: VercelBackend) -> None:
    """Create the app's project, one for its API, and one that belongs to a team; each with a
    finished deployment in production and one in preview."""
    vercel.add_team(VERCEL_TEAM_ID, "sendero-team")
    vercel.add_token(VERCEL_TOKEN, teams=(VERCEL_TEAM_ID,))
    vercel.add_project(VERCEL_PROJECT_ID, VERCEL_PROJECT_NAME)
    vercel.add_project(VERCEL_API_PROJECT_ID, "sendero-api")
    vercel.add_project(VERCEL_TEAM_PROJECT_ID, "sendero-jobs", team_id=VERCEL_TEAM_ID)
    for project in (VERCEL_PROJECT_ID, VERCEL_API_PROJECT_ID, VERCEL_TEAM_PROJECT_ID):
        for target in ("production", "preview"):
            vercel.add_deployment(project, target)


def seed_clerk(clerk: Any, by_hand: Dashboard) -> None:
    """Create the application with its development instance.

    Organization API keys are on, as if a person had switched them on in the dashboard: live
    instances have shown no config key for them.
    """
    clerk.seed_application(
        application_id=APPLICATION_ID, name=APPLICATION_NAME, platform_key=PLATFORM_KEY
    )
    by_hand.dashboard(
        "set_api_keys",
        {"environment": "development", "organizations": True, "users": False},
    )
