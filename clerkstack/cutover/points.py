"""All points: the checklist's eight in its order, then what bites besides."""

from __future__ import annotations

from clerkstack.cutover import checklist, deployed, further, webhook
from clerkstack.cutover.model import Point
from clerkstack.problems import ClerkstackError

REFERENCE = "reference"
"""The point that is judged only where a reference is given."""

POINTS = (
    Point(
        "live-keys",
        "Live keys",
        "With a development key real customers would be users of the development instance, and "
        "with test mode on anybody signs in with a publicly known code.",
        "The application's production instance, the form of its keys, what its public environment "
        "says, and that Vercel's production variables hold these keys.",
        judge=checklist.live_keys,
        number=1,
        setting=("publishableKey",),
    ),
    Point(
        "webhook",
        "Webhook endpoint and secret of production",
        "Cloning does not copy the webhook. Without it no sandbox key is minted for a new "
        "organization, and the app misses every change.",
        "The instance's endpoints at Svix: one at the production URL, on, with every event; its "
        "signing secret is at Vercel. Where the stack names the app's code, each event that it "
        "handles.",
        judge=checklist.webhook,
        number=2,
        setting=("webhook",),
    ),
    Point(
        "oauth",
        "Own OAuth credentials",
        "Clerk's shared credentials work in development only: in production the button leads to an "
        "error.",
        "Each connection that is on in the instance's config has a client id.",
        judge=checklist.own_oauth,
        number=3,
        setting=("signIn", "oauth"),
    ),
    Point(
        "slugs",
        "All plan and feature slugs exist",
        "has({ plan }) answers false for a slug that differs, silently: a customer pays and gets "
        "nothing.",
        "Every plan and feature of the catalog, and what each plan includes, in the instance's "
        "billing; and what the app's own code declares and asks for, where the stack names it.",
        judge=checklist.slugs,
        number=4,
        in_catalog=True,
    ),
    Point(
        "trial",
        "Trials ask for no payment method",
        "Clerk's default is to ask: people who were promised a free trial are asked for a card.",
        "The instance's config, and its public environment.",
        judge=checklist.trial,
        number=5,
        setting=("billing", "freeTrialRequiresPaymentMethod"),
    ),
    Point(
        "api-keys",
        "Organization API keys are on",
        "No key can be minted while the switch is off, and the webhook that mints the first one "
        "fails for every new organization.",
        "The switches in the instance's public environment.",
        judge=checklist.api_keys,
        number=6,
        setting=("apiKeys", "organizationEnabled"),
    ),
    Point(
        "host",
        "DNS and app URL are at the production host",
        "Links in mail, redirects and the webhook lead to this address.",
        "The domain's DNS status, the stack's app URL, and the app URL at Vercel.",
        judge=checklist.host,
        number=7,
        setting=("appUrl",),
    ),
    Point(
        "smoke",
        "Smoke run",
        "Each part can be right and the whole not: this is the way a customer goes.",
        "Sign-up, create organization, mint API key, MCP call, against production.",
        judge=checklist.smoke,
        number=8,
    ),
    Point(
        "dns-records",
        "Every DNS record",
        "Without one of them sign-in, mail or the account portal fails, some only for mail that is "
        "sent days later.",
        "The domain's status: each CNAME with what is expected and what was found, certificate, "
        "mail, proxy.",
        judge=further.dns_records,
        setting=("production", "domain"),
    ),
    Point(
        "redirect-urls",
        "No redirect URL of development",
        "Clerk sends sessions to these addresses: one that is left over may belong to somebody "
        "else.",
        "The instance's redirect URLs.",
        judge=further.redirect_urls,
    ),
    Point(
        "satellites",
        "Satellite domains",
        "On a satellite that is not complete nobody stays signed in.",
        "The instance's satellite domains, their proxies and their status.",
        judge=further.satellites,
    ),
    Point(
        "test-users",
        "No test users",
        "A user with a test address signs in with a code that everybody knows, where test mode is "
        "on.",
        "How many users have +clerk_test in their address.",
        judge=further.users,
    ),
    Point(
        "sign-up",
        "Who may sign up",
        "Restrictions that were right for a beta keep customers out on launch day.",
        "Sign-up mode and allowlist in the public environment. Where not everybody may, a person "
        "has to say that it is meant.",
        judge=further.sign_up,
    ),
    Point(
        "sessions",
        "Sessions and attack protection",
        "Passwords are guessed on the first day.",
        "Lock-out in the public environment, the session's lifetime in the config.",
        judge=further.sessions,
    ),
    Point(
        "deliveries",
        "Webhook deliveries",
        "What the endpoint refused is lost for the app once Svix gives up.",
        "The attempts of the last 7 days at Svix.",
        judge=webhook.deliveries,
        setting=("webhook",),
    ),
    Point(
        "endpoint",
        "The endpoint checks signatures",
        "An endpoint that takes unsigned messages takes them from anybody.",
        "Three test messages (event type clerkstack.test, no data of anybody): one signed with the "
        "endpoint's secret, one unsigned, one signed with another secret.",
        judge=webhook.answers,
        setting=("webhook",),
    ),
    Point(
        "variables",
        "Variables at Vercel",
        "The app reads these and nothing else.",
        "Each declared variable: there, for production only, sensitive where it has to be, and "
        "with the declared value where that can be read. Where the stack names the app's code, "
        "each of Clerk's variables that it reads.",
        judge=deployed.variables,
        setting=("environment",),
    ),
    Point(
        "deployment",
        "The deployment has the variables",
        "A running deployment keeps the variables that it was built with.",
        "The newest finished production deployment is newer than the newest variable.",
        judge=deployed.deployment,
        setting=("environment",),
    ),
    Point(
        "drift",
        "Nothing drifted",
        "What was changed by hand is undone by the next pulumi up, or was a mistake.",
        "What the stack declares against what is live at Clerk and Svix.",
        judge=deployed.drift,
    ),
    Point(
        REFERENCE,
        "Everything development has",
        "What was tried in development and is missing in production fails on launch day.",
        "The plans and features of the reference's instance.",
        judge=deployed.reference,
        in_catalog=True,
    ),
    Point(
        "policies",
        "Policies",
        "The rules that keep a bad deploy from production, over what is deployed now.",
        "The policy pack over the resources in the stack's state.",
        judge=deployed.policies,
    ),
)
NAMES = frozenset(point.id for point in POINTS)


def point_named(name: str) -> Point:
    """A point by its id.

    Raises:
        ClerkstackError: there is none of that name.
    """
    for point in POINTS:
        if point.id == name:
            return point
    raise ClerkstackError(f"{name} is no point of the cutover, but {', '.join(sorted(NAMES))}")
