"""The judges of the running webhook: its deliveries, and the endpoint's answers."""

from __future__ import annotations

from clerkstack.checks.finding import Finding
from clerkstack.clients.errors import Unreachable
from clerkstack.cutover.model import fact, failed, of_facts, passed, warned
from clerkstack.cutover.read import DELIVERY_DAYS, Readings

FAIL, SUCCESS = "fail", "success"
SHOWN = 10
REMEDY = (
    "The app must verify each message with its signing secret, answer 4xx if that fails and "
    "otherwise 2xx, even to an event type that it does not know. If the secret is new, redeploy "
    "the app."
)


def deliveries(readings: Readings) -> Finding:
    """The endpoint refused no message of the last days; at least not the newest."""
    from clerkstack.clients.svix import ATTEMPTS

    read = readings.attempts()
    attempts = [attempt for attempt in read if attempt.status_text in (FAIL, SUCCESS)]
    refused = [attempt for attempt in attempts if attempt.status_text == FAIL]
    days = f"the last {DELIVERY_DAYS} days"
    if len(read) >= ATTEMPTS:
        days += f", of which {ATTEMPTS} attempts were checked"
    if not refused:
        what = f"{len(attempts)} deliveries in {days}, none failed"
        return passed(what if attempts else f"nothing was sent in {days}")
    works_again = attempts[0].status_text == SUCCESS
    facts = [
        fact(
            each.msg.event_type if each.msg else each.id,
            "2xx",
            f"{each.response_code or 'no answer'} at {each.timestamp:%Y-%m-%d %H:%M} UTC",
            None if works_again else False,
        )
        for each in refused[:SHOWN]
    ]
    count = f"{len(refused)} of {len(attempts)} deliveries failed in {days}"
    newest = "the newest one succeeded" if works_again else "including the newest one"
    return (warned if works_again else failed)(
        f"{count}; {newest}" if works_again else f"{count}, {newest}",
        "Check the app's log at these times, fix the cause, then send the messages again: "
        "dashboard page Webhooks, the endpoint, Replay.",
        facts,
    )


def answers(readings: Readings) -> Finding:
    """The endpoint accepts a test message with Clerk's signature, and refuses others."""
    from pydantic import SecretStr

    secret = SecretStr(readings.signing_secret())
    try:
        taken = readings.probe("signed test message", lambda probe: probe.signed(secret))
    except Unreachable as error:
        return failed(f"it does not answer. {error}", REMEDY)
    unsigned = readings.probe("unsigned test message", lambda probe: probe.unsigned())
    forged = readings.probe("wrongly signed test message", lambda probe: probe.wrongly_signed())
    return of_facts(
        [
            fact("signed test message", "2xx", str(taken), 200 <= taken < 300),
            fact("unsigned test message", "4xx", str(unsigned), 400 <= unsigned < 500),
            fact("signed with another secret", "4xx", str(forged), 400 <= forged < 500),
        ],
        well="it accepts what Clerk signs, and nothing else",
        otherwise="the endpoint gives wrong answers",
        remedy=REMEDY,
    )
