"""The official JavaScript client (@clerk/backend) against the emulated Clerk."""

from __future__ import annotations

from typing import Any

from local.world import World, seed
from local.world.clerk.organizations import create_permission
from tests.smoke.deployment import CONFIG, need_app
from tests.world.node import run_script

START = """
import { readFileSync } from "node:fs";
import { createClerkClient, verifyToken } from "@clerk/backend";
const { apiUrl, secretKey, publishableKey } = JSON.parse(readFileSync(0, "utf8"));
const telemetry = { disabled: true };
const clerk = createClerkClient({ apiUrl, secretKey, publishableKey, telemetry });
"""
SIGNING_IN = """
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
PEOPLE = """
const made = (name) => clerk.users.createUser({
  emailAddress: [`${name}+clerk_test@sendero.example`], skipPasswordRequirement: true,
});
const [jo, ann] = [await made("jo"), await made("ann")];
const named = await clerk.users.updateUser(jo.id, { firstName: "Jo", externalId: "crm_7" });
await clerk.users.updateUser(jo.id, { publicMetadata: { plan: { seats: 3, trial: true } } });
await clerk.users.updateUserMetadata(jo.id, { publicMetadata: { plan: { trial: null } } });
const read = await clerk.users.getUser(jo.id);
const count = await clerk.users.getCount({ query: "jo+" });
const orgs = clerk.organizations;
const acme = await orgs.createOrganization({ name: "Acme", slug: "acme", createdBy: jo.id });
const organizationId = acme.id;
const renamed = await orgs.updateOrganization(organizationId, { name: "Acme Inc", slug: "inc" });
await orgs.updateOrganization(organizationId, { privateMetadata: { crm: { id: 1, old: 2 } } });
await orgs.updateOrganizationMetadata(organizationId, { privateMetadata: { crm: { old: null } } });
const byId = await orgs.getOrganization({ organizationId, includeMembersCount: true });
const bySlug = await orgs.getOrganization({ slug: "inc" });
const member = { organizationId, userId: ann.id };
const joined = await orgs.createOrganizationMembership({ ...member, role: "org:member" });
const promoted = await orgs.updateOrganizationMembership({ ...member, role: "org:admin" });
const memberships = await clerk.users.getOrganizationMembershipList({ userId: ann.id });
await orgs.deleteOrganizationMembership(member);
const left = await clerk.users.getOrganizationMembershipList({ userId: ann.id });
const invited = await orgs.createOrganizationInvitation({
  organizationId, emailAddress: "new@sendero.example", role: "org:member", inviterUserId: jo.id,
});
const pending = await orgs.getOrganizationInvitationList({ organizationId, status: ["pending"] });
const withdrawn = await orgs.revokeOrganizationInvitation({
  organizationId, invitationId: invited.id, requestingUserId: jo.id,
});
const asked = { emailAddress: "new@sendero.example", publicMetadata: { from: "us" } };
const invitation = await clerk.invitations.createInvitation(asked);
const invitations = await clerk.invitations.getInvitationList({ status: "pending" });
const revoked = await clerk.invitations.revokeInvitation(invitation.id);
const session = await clerk.sessions.createSession({ userId: jo.id });
const active = await clerk.sessions.getSessionList({ userId: jo.id, status: "active" });
const ended = await clerk.sessions.revokeSession(session.id);
const key = await clerk.apiKeys.create({ name: "Nightly", subject: organizationId });
const keys = await clerk.apiKeys.list({ subject: organizationId });
const verified = await clerk.apiKeys.verify(key.secret);
const plans = await clerk.billing.getPlanList({ payerType: "org" });
const domains = await clerk.domains.list();
const jwks = await clerk.jwks.getJwks();
const urls = await clerk.redirectUrls.getRedirectUrlList();
const templates = await clerk.jwtTemplates.list();
const refusal = (promise) => promise.then(
  () => null, ({ status, errors }) => [status, errors[0].code],
);
console.log(JSON.stringify({
  user: [named.firstName, read.externalId, read.publicMetadata, count],
  organization: [renamed.name, renamed.slug, bySlug.id === acme.id, byId.membersCount],
  metadata: byId.privateMetadata,
  roles: [joined.role, promoted.role],
  memberships: [memberships.totalCount, memberships.data[0].organization.name, left.totalCount],
  invited: [invited.status, pending.totalCount, pending.data[0].emailAddress, withdrawn.status],
  invitations: [invitation.status, invitations.totalCount, invitations.data[0].publicMetadata],
  revoked: [revoked.status, revoked.revoked],
  sessions: [active.totalCount, active.data[0].id === session.id, ended.status],
  keys: [keys.totalCount, keys.data[0].name, verified.subject === organizationId],
  plans: [plans.totalCount, plans.data.map((each) => each.slug).sort()],
  domains: [domains.totalCount, domains.data[0].isSatellite], jwks: jwks.keys[0].alg,
  lists: [urls.data, urls.totalCount, templates.data, templates.totalCount],
  again: await refusal(clerk.invitations.revokeInvitation(invitation.id)),
  nobody: await refusal(clerk.users.getUser("user_nobody")),
  unanswered: [
    await refusal(clerk.invitations.deleteInvitation(invitation.id)),
    await refusal(clerk.allowlistIdentifiers.getAllowlistIdentifierList()),
    await refusal(clerk.users.banUser(jo.id)),
  ],
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

        told = run(world, instance, SIGNING_IN)

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


def test_the_calls_that_apps_make_most_work_and_others_are_clerks_own_404() -> None:
    need_app()
    with World(proxy=False) as world:
        instance = world.clerk.instance(seed.APPLICATION_ID, "development")
        world.clerk.write_config(instance, CONFIG)
        world.clerk.write_config(instance, {"organization_settings": {"slug_disabled": False}})

        told = run(world, instance, PEOPLE)

    assert told == {
        "user": ["Jo", "crm_7", {"plan": {"seats": 3}}, 1],
        "organization": ["Acme Inc", "inc", True, 1],
        "metadata": {"crm": {"id": 1}},
        "roles": ["org:member", "org:admin"],
        "memberships": [1, "Acme Inc", 0],
        "invited": ["pending", 1, "new@sendero.example", "revoked"],
        "invitations": ["pending", 1, {"from": "us"}],
        "revoked": ["revoked", True],
        "sessions": [1, True, "revoked"],
        "keys": [1, "Nightly", True],
        "plans": [2, ["free_org", "pro"]],
        "domains": [1, False],
        "jwks": "RS256",
        "lists": [[], 0, [], 0],
        "again": [400, "invitation_already_revoked"],
        "nobody": [404, "resource_not_found"],
        "unanswered": [[404, "resource_not_found"]] * 3,
    }


def run(world: World, instance: Any, script: str) -> dict[str, Any]:
    given = {
        "apiUrl": world.urls.clerk,
        "secretKey": instance.secret,
        "publishableKey": instance.publishable_key,
    }
    return run_script(START + script, given)
