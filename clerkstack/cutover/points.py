"""All points: the checklist's eight in order, then others that can fail on launch day."""

from __future__ import annotations

from clerkstack.cutover import checklist, deployed, further, webhook
from clerkstack.cutover.model import Point
from clerkstack.problems import ClerkstackError

REFERENCE = "reference"
"""The point that is only judged with a reference."""

POINTS = (
    Point(
        "live-keys",
        "Live keys",
        "With a development key, real customers become users of the development instance; "
        "with test mode on, anybody can sign in with a publicly known code.",
        "Reads the application's production instance, the form of its keys and its public "
        "environment; checks that Vercel's production variables contain these keys.",
        judge=checklist.live_keys,
        number=1,
        setting=("publishableKey",),
    ),
    Point(
        "webhook",
        "Webhook endpoint and secret of production",
        "Cloning does not copy the webhook. Without it, no sandbox key is minted for a new "
        "organization, and the app misses every change.",
        "Reads the instance's endpoints at Svix: one at the production URL must be on and "
        "get every event, and Vercel must have its signing secret. If the stack names the "
        "app's code, also checks each event that the code handles.",
        judge=checklist.webhook,
        number=2,
        setting=("webhook",),
    ),
    Point(
        "oauth",
        "Own OAuth credentials",
        "Clerk's shared credentials work in development only: in production, the button "
        "leads to an error.",
        "Checks in the instance's config that each connection that is on has a client id.",
        judge=checklist.own_oauth,
        number=3,
        setting=("signIn", "oauth"),
    ),
    Point(
        "slugs",
        "All plan and feature slugs exist",
        "has({ plan }) silently answers false for a slug that differs: a customer pays and "
        "gets nothing.",
        "Compares every plan and feature of the catalog, and what each plan includes, with "
        "the instance's billing; and with what the app's code declares and asks for, if the "
        "stack names it.",
        judge=checklist.slugs,
        number=4,
        in_catalog=True,
    ),
    Point(
        "trial",
        "Trials ask for no payment method",
        "Clerk asks by default: people who were promised a free trial are asked for a card.",
        "Reads the instance's config and its public environment.",
        judge=checklist.trial,
        number=5,
        setting=("billing", "freeTrialRequiresPaymentMethod"),
    ),
    Point(
        "api-keys",
        "Organization API keys are on",
        "While the switch is off, no key can be minted, and the webhook that mints the first "
        "one fails for every new organization.",
        "Reads the switches in the instance's public environment.",
        judge=checklist.api_keys,
        number=6,
        setting=("apiKeys", "organizationEnabled"),
    ),
    Point(
        "host",
        "DNS and app URL are at the production host",
        "Links in emails, redirects and the webhook use this address.",
        "Reads the domain's DNS status, the stack's app URL, and the app URL at Vercel.",
        judge=checklist.host,
        number=7,
        setting=("appUrl",),
    ),
    Point(
        "smoke",
        "Smoke run",
        "Each part can be right and the whole still fail: this is a customer's path.",
        "Signs up, creates an organization, mints an API key and makes an MCP call, all in "
        "production.",
        judge=checklist.smoke,
        number=8,
    ),
    Point(
        "dns-records",
        "Every DNS record",
        "Without one of them, sign-in, email or the account portal fails, some only for "
        "emails that are sent days later.",
        "Reads the domain's status: each CNAME as expected and as found, certificate, email, "
        "proxy.",
        judge=further.dns_records,
        setting=("production", "domain"),
    ),
    Point(
        "redirect-urls",
        "No redirect URL of development",
        "Clerk sends sessions to these addresses: a leftover one may belong to somebody else.",
        "Reads the instance's redirect URLs.",
        judge=further.redirect_urls,
    ),
    Point(
        "satellites",
        "Satellite domains",
        "On a satellite with an incomplete setup, nobody stays signed in.",
        "Reads the instance's satellite domains, their proxies and their status.",
        judge=further.satellites,
    ),
    Point(
        "test-users",
        "No test users",
        "While test mode is on, a user with a test address signs in with a publicly known code.",
        "Counts the users with +clerk_test in their address.",
        judge=further.users,
    ),
    Point(
        "sign-up",
        "Who may sign up",
        "Restrictions meant for a beta keep customers out on launch day.",
        "Reads the sign-up mode and the allowlist in the public environment. If not "
        "everybody may sign up, a person must confirm that this is intended.",
        judge=further.sign_up,
    ),
    Point(
        "sessions",
        "Sessions and attack protection",
        "Attackers guess passwords from the first day.",
        "Reads the lock-out in the public environment and the session's lifetime in the config.",
        judge=further.sessions,
    ),
    Point(
        "deliveries",
        "Webhook deliveries",
        "Once Svix gives up, the app never gets what its endpoint refused.",
        "Reads the attempts of the last 7 days at Svix.",
        judge=webhook.deliveries,
        setting=("webhook",),
    ),
    Point(
        "endpoint",
        "The endpoint checks signatures",
        "An endpoint that accepts unsigned messages accepts them from anybody.",
        "Sends three test messages (event type clerkstack.test, no personal data): one "
        "signed with the endpoint's secret, one unsigned, one signed with another secret.",
        judge=webhook.answers,
        setting=("webhook",),
    ),
    Point(
        "variables",
        "Variables at Vercel",
        "The app reads only these.",
        "Checks that each declared variable exists, is for production only, is sensitive if "
        "required, and has the declared value if that can be read. If the stack names the "
        "app's code, also checks each of Clerk's variables that the code reads.",
        judge=deployed.variables,
        setting=("environment",),
    ),
    Point(
        "deployment",
        "The deployment has the variables",
        "A running deployment keeps the variables it was built with.",
        "Checks that the newest finished production deployment is newer than the newest variable.",
        judge=deployed.deployment,
        setting=("environment",),
    ),
    Point(
        "drift",
        "Nothing drifted",
        "The next pulumi up undoes what was changed by hand, or the change was a mistake.",
        "Compares what the stack declares with what is live at Clerk and Svix.",
        judge=deployed.drift,
    ),
    Point(
        REFERENCE,
        "Everything development has",
        "What was tested in development but is missing in production fails on launch day.",
        "Compares with the plans and features of the reference's instance.",
        judge=deployed.reference,
        in_catalog=True,
    ),
    Point(
        "policies",
        "Policies",
        "The rules that block a bad deploy also apply to what is deployed now.",
        "Runs the policy pack on the resources in the stack's state.",
        judge=deployed.policies,
    ),
)
NAMES = frozenset(point.id for point in POINTS)


def point_named(name: str) -> Point:
    """Return a point by its id.

    Raises:
        ClerkstackError: there is none of that name.
    """
    for point in POINTS:
        if point.id == name:
            return point
    raise ClerkstackError(
        f"{name} is not a point of the cutover. The points are: {', '.join(sorted(NAMES))}"
    )
