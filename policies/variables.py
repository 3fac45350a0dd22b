"""The app's environment variables: what may be public, what must be sensitive, which target."""

from __future__ import annotations

from collections.abc import Iterator

from clerkstack.checks.finding import Finding
from clerkstack.hosts import is_within
from clerkstack.settings.variable_names import PUBLIC_PREFIXES, names_of
from policies.hosts import APP_URLS, Url, app_hosts, astray, listed, production_domains
from policies.keys import holds_live_key, holds_secret
from policies.policy import Option, Policy, Values, unjudged, violation
from policies.view import CLERKS, DEVELOPMENT, PRODUCTION, UNKNOWN, Resource, Stack, Variable

SECRET_WORDS = frozenset(
    {"SECRET", "SECRETS", "PRIVATE", "TOKEN", "PASSWORD", "PASSPHRASE", "CREDENTIALS"}
)
SECRET_KEYS = names_of("secret_key")
ELSEWHERE = ("preview", "development")


def _named_secret(variable: Variable) -> bool:
    return bool(SECRET_WORDS & set(variable.key.split("_"))) or "PLATFORM_KEY" in variable.key


def _secret(variable: Variable) -> bool:
    if variable.key.startswith(PUBLIC_PREFIXES):
        return False
    # A public API key may be meant for browsers; one on a server is not.
    named = _named_secret(variable) or variable.key.endswith("API_KEY")
    return named or holds_secret(variable)


def _prefix(variable: Variable) -> str:
    return next(
        public_prefix for public_prefix in PUBLIC_PREFIXES if variable.key.startswith(public_prefix)
    )


def _elsewhere(variable: Variable) -> list[str]:
    """The targets apart from production."""
    return [target for target in ELSEWHERE if target in (variable.targets or ())]


def _public(resource: Resource, _values: Values) -> Iterator[Finding]:
    for variable in resource.variables():
        if not variable.key.startswith(PUBLIC_PREFIXES):
            continue
        if holds_secret(variable):
            problem = f"contains a secret, and {_prefix(variable)} exposes it to every browser"
        elif _named_secret(variable):
            problem = f"has the name of a secret, and {_prefix(variable)} makes it public"
        else:
            continue
        yield violation(f"{variable.key} {problem}")


def _public_copy(stack: Stack, _values: Values) -> Iterator[Finding]:
    secrets = {v.known: v.key for _, v in stack.variables() if _secret(v) and v.known}
    for resource, variable in stack.variables():
        twin = secrets.get(variable.known)
        if variable.key.startswith(PUBLIC_PREFIXES) and twin and not holds_secret(variable):
            problem = f"has the value of {twin}, and {_prefix(variable)} makes it public"
            yield violation(f"{variable.key} {problem}", resource)


def _sensitive(resource: Resource, _values: Values) -> Iterator[Finding]:
    for variable in resource.variables():
        if not _secret(variable):
            continue
        beside = [target for target in variable.targets or () if target != DEVELOPMENT]
        if DEVELOPMENT in (variable.targets or ()):
            # Vercel has no sensitive variables there. `vercel dev` needs the development
            # instance's own key; no other secret belongs on people's machines.
            if beside or (variable.key in SECRET_KEYS and holds_live_key(variable)):
                yield violation(
                    f"{variable.key} is a secret, and the development target exposes it"
                )
        elif variable.sensitive is UNKNOWN:
            yield unjudged(f"whether {variable.key} is sensitive")
        elif not variable.sensitive:
            yield violation(f"{variable.key} is a secret, and Vercel would show it (not sensitive)")


def _both(resource: Resource, values: Values) -> Iterator[Finding]:
    for variable in resource.variables():
        elsewhere = _elsewhere(variable)
        if not elsewhere:
            continue
        if PRODUCTION in (variable.targets or ()):
            message = f"{variable.key} is one variable for production and {' and '.join(elsewhere)}"
        elif holds_live_key(variable):
            message = f"{variable.key} would put a production key into {' and '.join(elsewhere)}"
        elif Url.of(variable.known).host in set(values["hosts"]):
            message = f"{variable.key} would lead {' and '.join(elsewhere)} to production's host"
        else:
            continue
        yield violation(message, resource)


def _of_production(stack: Stack, _values: Values) -> Iterator[Finding]:
    """Find what only the whole stack shows: secrets that no form reveals, and hosts."""
    hosts = app_hosts(stack)
    production = {
        v.known: v.key
        for _, v in stack.variables()
        if v.targets is not None and PRODUCTION in v.targets and v.known and _secret(v)
    }
    instances = {entry.environment for entry in stack.resources if entry.type in CLERKS}
    for resource, variable in stack.variables():
        elsewhere = _elsewhere(variable)
        if not elsewhere or PRODUCTION in (variable.targets or ()) or holds_live_key(variable):
            continue
        where = " and ".join(elsewhere)
        if variable.known in production:
            message = (
                f"{variable.key} would put production's {production[variable.known]} into {where}"
            )
        elif _secret(variable) and instances == {PRODUCTION}:
            message = (
                f"{variable.key} is a secret of the production stack, and would be written to "
                f"{where}"
            )
        elif Url.of(variable.known).host in hosts:
            message = f"{variable.key} would lead {where} to production's host"
        else:
            continue
        yield violation(message, resource)


def _app_url(resource: Resource, values: Values) -> Iterator[Finding]:
    for variable in resource.variables():
        if variable.key not in APP_URLS or not isinstance(variable.value, str):
            continue
        url = Url.of(variable.known)
        if not variable.in_production:
            if url.scheme != "https" and not (url.scheme == "http" and url.local):
                yield violation(f"{variable.key} is neither https nor http on this machine")
            continue
        if url.scheme != "https":
            yield violation(f"{variable.key} is not https")
        if why := astray(variable.key, url, values["hosts"]):
            yield violation(why)


def _app_domain(stack: Stack, values: Values) -> Iterator[Finding]:
    domains = production_domains(stack)
    if values["hosts"] or not domains:
        return
    for resource, variable in stack.variables():
        if variable.key not in APP_URLS or not variable.in_production:
            continue
        url = Url.of(variable.known)
        if url.host and not url.before_production and not is_within(url.host, domains):
            yield violation(
                f"{variable.key} leads to {url.host}, and the production instance is for "
                f"{listed(domains)}",
                resource,
            )


HOSTS = Option((), "the hosts of production. If empty: the instance's domain and the app's URL")

POLICIES = (
    Policy(
        "server-only-secrets",
        "No secret has a name that makes it public, such as NEXT_PUBLIC_….",
        "Next.js puts every NEXT_PUBLIC_ value into the pages it sends: everybody who opens "
        "the app gets the secret.",
        "Name it without NEXT_PUBLIC_, and rotate the secret if it was ever deployed.",
        check_resource=_public,
        check_stack=_public_copy,
    ),
    Policy(
        "sensitive-secrets",
        "Secrets are sensitive at Vercel, and are not on developers' machines.",
        "Everybody with access to the project can read a secret that is not sensitive, and "
        "the development target gives it to every machine that runs `vercel env pull`.",
        "Declare it `sensitive`, and only for the production or preview target.",
        check_resource=_sensitive,
    ),
    Policy(
        "production-values",
        "Production's values are only in production.",
        "With production's keys, a preview of any branch would act on real customers.",
        "Give each target its own variable, with the value of its own instance.",
        check_resource=_both,
        check_stack=_of_production,
        # Production's value is judged as production's, whichever stack writes it.
        judged_in=PRODUCTION,
        options={"hosts": HOSTS},
    ),
    Policy(
        "app-url",
        "The app's URL is production's own address, over https.",
        "Otherwise links in emails, and redirects after sign-in and checkout, lead people "
        "out of production.",
        "Set clerkstack:appUrl to the https URL of production.",
        check_resource=_app_url,
        check_stack=_app_domain,
        options={"hosts": HOSTS},
    ),
)
