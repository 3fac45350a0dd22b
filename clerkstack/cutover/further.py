"""The judges of points beyond the checklist: Clerk and the app's host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clerkstack.checks.finding import Finding, Severity
from clerkstack.cutover.model import fact, failed, manual, of_facts, passed, same
from clerkstack.cutover.read import Readings
from clerkstack.hosts import host_of, is_below, is_local, is_preview
from clerkstack.safe import shown_url
from clerkstack.shapes import object_of
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.clients.domains import DomainStatus
    from clerkstack.shapes import JsonObject

TEST_ADDRESS = "+clerk_test"
"""Clerk's mark in the address of a test user."""
COMPLETE = "complete"
PUBLIC = "public"
SECONDS_OF_DAY = 86_400
LONGEST_SESSION_DAYS = 90


def dns_records(readings: Readings) -> Finding:
    """Every DNS record, certificate and mail setting of the production domain is complete."""
    domain = readings.primary_domain()
    if domain is None:
        return failed(
            "the application has no production domain",
            "Set clerkstack:production.domain and run pulumi up, or add the domain on the "
            "dashboard page Domains.",
        )
    return of_facts(
        _status_facts(readings.live.domain_status(domain.name)),
        well=f"every record of {domain.name} is correct",
        otherwise=f"{domain.name} is not complete",
        remedy=(
            "Set these records at the registrar, CNAME from host to what is expected, without a "
            "proxy in front. Clerk checks again by itself, or when asked on the dashboard page "
            "Domains."
        ),
    )


def _status_facts(status: DomainStatus) -> Iterator[Finding]:
    for record in status.dns.cnames.values():
        found = ", ".join(record.actual) or "nothing"
        hints = "; ".join(hint.message for hint in record.failure_hints or ())
        right = record.verified or (None if not record.required else False)
        shown = f"{found} ({hints})" if hints and not record.verified else found
        yield fact(f"CNAME {record.host}", record.value, shown, right)
    ssl = status.ssl
    if ssl.status is not None:
        needed = ssl.required is not False
        right = ssl.status == COMPLETE or (False if needed else None)
        yield fact("certificate", COMPLETE, ssl.status, right)
    for what, part in (("mail", status.mail), ("proxy", status.proxy)):
        if part is not None and part.required:
            yield same(what, COMPLETE, part.status)
    yield same("domain", COMPLETE, status.status)


def redirect_urls(readings: Readings) -> Finding:
    """No redirect URL is left from development."""
    own = host_of(readings.settings.app_url)
    domain = readings.primary_domain()
    facts = []
    for redirect_url in readings.live.redirect_urls():
        place, shown = host_of(redirect_url.url), shown_url(redirect_url.url)
        if not redirect_url.url.startswith(("http://", "https://")):
            facts.append(fact(shown, "an app's own scheme", "an app's own scheme", right=True))
        elif is_local(place) or is_preview(place):
            facts.append(fact(shown, "at the production host", "left from development", False))
        elif redirect_url.url.startswith("http://"):
            facts.append(fact(shown, "https", "http", right=False))
        else:
            mine = is_below(place, domain.name if domain else own) or place == own
            facts.append(fact(shown, "at the production host", place, mine or None))
    return of_facts(
        facts,
        well=f"{counted(len(facts), 'redirect URL')}, of production only"
        if facts
        else "none is set",
        otherwise="a session could be sent to another host",
        remedy=(
            "Remove them on the dashboard page Native applications, Redirect URLs (Backend API: "
            "DeleteRedirectURL). If one belongs to a partner and is intended, and no other is "
            "wrong, sign this point off."
        ),
    )


def satellites(readings: Readings) -> Finding:
    """Each satellite domain is complete, and served from its address."""
    facts: list[Finding] = []
    there = [domain for domain in readings.live.instance_domains() if domain.is_satellite]
    for each in there:
        if each.proxy_url:
            shown, place = shown_url(each.proxy_url), host_of(each.proxy_url)
            good = each.proxy_url.startswith("https://") and is_below(place, each.name)
            facts.append(fact(f"proxy of {each.name}", f"https, at {each.name}", shown, good))
        status = readings.live.domain_status(each.name)
        facts.append(same(f"satellite {each.name}", COMPLETE, status.status))
    return of_facts(
        facts,
        well=f"{counted(len(there), 'satellite domain')}, complete" if there else "there is none",
        otherwise="nobody stays signed in there",
        remedy="Set the satellite's DNS records or proxy: dashboard page Domains, Satellites.",
    )


def users(readings: Readings) -> Finding:
    """No users from tests exist."""
    count = readings.live.count_users(TEST_ADDRESS)
    return of_facts(
        [fact(f"users with {TEST_ADDRESS}", "0", str(count), count == 0)],
        well="no test user in production",
        otherwise="tests have left users in production",
        remedy=f"Delete them on the dashboard page Users: search for {TEST_ADDRESS}.",
    )


def sign_up(readings: Readings) -> Finding:
    """Everybody may sign up; if not, a person must confirm that this is intended."""
    users = readings.live.environment().user_settings
    mode, allowlist = users.sign_up.mode, users.restrictions.allowlist.enabled
    facts = [
        fact("sign-up", PUBLIC, mode or "unknown", (mode == PUBLIC) or None),
        fact("allowlist", "off", "on" if allowlist else "off", None if allowlist else True),
    ]
    if all(each.severity is Severity.PASSED for each in facts):
        return passed("everybody may sign up", tuple(facts))
    words = {"restricted": "only invited users", "waitlist": "only users from the waitlist"}
    who = words.get(
        mode or "", "only users on the allowlist" if allowlist else "an unknown set of users"
    )
    return manual(
        f"{who} may sign up: is that intended?",
        "If it is, sign this point off. If not, change it on the dashboard page Restrictions.",
        tuple(facts),
    )


def sessions(readings: Readings) -> Finding:
    """Guessed passwords lock an account, and sessions end."""
    protection = readings.live.environment().user_settings.attack_protection
    facts = []
    locks = protection.user_lockout.enabled
    if locks is not None:
        facts.append(fact("lock after wrong passwords", "on", "on" if locks else "off", locks))
    facts += _lifetimes(readings.live.section("session_settings"))
    if not facts:
        return manual(
            "Clerk reports nothing about attack protection",
            "Check the dashboard page Attack protection, and sign this point off.",
        )
    return of_facts(
        facts,
        well="guessed passwords lock the account",
        otherwise="easier to break into than necessary",
        remedy="See the dashboard pages Attack protection and Sessions.",
    )


def _lifetimes(section: JsonObject) -> Iterator[Finding]:
    """Yield the lifetimes of sessions. (`session` is the template of tokens, which live for
    seconds.)"""
    limit = f"{LONGEST_SESSION_DAYS} days or less"
    longest, idle = _days(section, "maximum_lifetime"), _days(section, "inactivity_timeout")
    if longest is not None:
        right = True if longest <= LONGEST_SESSION_DAYS else None
        yield fact("longest session", limit, f"{longest:.3g} days", right)
    elif idle is not None:
        shown = f"no limit while in use, {idle:.3g} days without use"
        yield fact("longest session", limit, shown, None)


def _days(section: JsonObject, lifetime: str) -> float | None:
    """A lifetime in days; None if it is off."""
    limit = object_of(section.get(lifetime))
    seconds = limit.get("duration_seconds")
    if limit.get("enabled") is not True:
        return None
    return seconds / SECONDS_OF_DAY if isinstance(seconds, int | float) else 0.0
