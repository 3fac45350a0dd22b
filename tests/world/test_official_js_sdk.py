"""The official JavaScript client (@clerk/backend) against the emulated Clerk."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from local.deployed import EXAMPLE
from local.world import World, seed
from local.world.clerk.organizations import create_permission
from tests.smoke.deployment import CONFIG, need_app

SCRIPT = """
import { readFileSync } from "node:fs";
import { createClerkClient, verifyToken } from "@clerk/backend";
const { apiUrl, secretKey, publishableKey } = JSON.parse(readFileSync(0, "utf8"));
const telemetry = { disabled: true };
const clerk = createClerkClient({ apiUrl, secretKey, publishableKey, telemetry });
const user = await clerk.users.createUser({
  emailAddress: ["jo+clerk_test@sendero.example"], skipPasswordRequirement: true,
});
const org = await clerk.organizations.createOrganization({ name: "Acme", createdBy: user.id });
const members = await clerk.organizations.getOrganizationMembershipList({ organizationId: org.id });
const lasting = { userId: user.id, expiresInSeconds: 60 };
const ticket = await clerk.signInTokens.createSignInToken(lasting);
const revoked = await clerk.signInTokens.revokeSignInToken(ticket.id);
const testing = await clerk.testingTokens.createTestingToken();
const session = await clerk.sessions.createSession({ userId: user.id });
const { jwt } = await clerk.sessions.getToken(session.id);
const claims = await verifyToken(jwt, { secretKey, apiUrl });
const key = await clerk.apiKeys.create({ name: "Nightly", subject: org.id, scopes: ["read"] });
const asked = (token) => clerk.authenticateRequest(
  new Request("https://app.example/api", { headers: { authorization: `Bearer ${token}` } }),
  { acceptsToken: ["api_key", "session_token"] },
);
const bySession = (await asked(jwt)).toAuth();
const byKey = (await asked(key.secret)).toAuth();
await clerk.apiKeys.revoke({ apiKeyId: key.id });
const afterwards = await asked(key.secret);
const found = await clerk.users.getUserList({ emailAddress: ["jo+clerk_test@sendero.example"] });
const subscription = await clerk.billing.getOrganizationBillingSubscription(org.id);
await clerk.organizations.deleteOrganization(org.id);
await clerk.users.deleteUser(user.id);
console.log(JSON.stringify({
  members: members.data.map((each) => [each.role, each.publicUserData.userId === user.id]),
  ticket: [ticket.status, revoked.status], testing: typeof testing.token, v: claims.v,
  org: [bySession.orgSlug, bySession.orgRole, byKey.orgId === org.id, byKey.scopes],
  has: {
    feature: bySession.has({ feature: "audit_log_export" }),
    scoped: bySession.has({ feature: "org:audit_log_export" }),
    user: bySession.has({ feature: "user:audit_log_export" }),
    other: bySession.has({ feature: "sso_saml" }),
    plan: bySession.has({ plan: "pro" }),
    role: bySession.has({ role: "org:admin" }),
    permission: bySession.has({ permission: "org:audit_log_export:read" }),
  },
  revoked: afterwards.isAuthenticated,
  found: found.data.length, count: await clerk.users.getCount(),
  plan: subscription.subscriptionItems.map((each) => each.plan.slug),
}));
"""


def test_the_client_works_with_people_keys_and_sessions() -> None:
    need_app()
    with World(proxy=False) as world:
        instance = world.clerk.instance(seed.APPLICATION_ID, "development")
        world.clerk.write_config(instance, CONFIG)
        world.clerk.write_config(
            instance, {"billing": {"plans": {"free_org": {"features": ["audit_log_export"]}}}}
        )
        form = {"key": "org:audit_log_export:read", "name": "Read the log"}
        permission = create_permission(instance, form, 0)
        for role in instance.roles.values():
            role.permissions.append(permission.id)

        told = run(world, instance)

    assert told == {
        "members": [["org:admin", True]],
        "ticket": ["pending", "revoked"],
        "testing": "string",
        "v": 2,
        "org": ["acme", "org:admin", True, ["read"]],
        "has": {
            "feature": True,
            "scoped": True,
            "user": False,
            "other": False,
            "plan": False,
            "role": True,
            "permission": True,
        },
        "revoked": False,
        "found": 1,
        "count": 0,
        "plan": ["free_org"],
    }


def run(world: World, instance: Any) -> dict[str, Any]:
    given = {
        "apiUrl": world.urls.clerk,
        "secretKey": instance.secret,
        "publishableKey": instance.publishable_key,
    }
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT],
        input=json.dumps(given),
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if ran.returncode:
        pytest.fail(ran.stderr)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told
