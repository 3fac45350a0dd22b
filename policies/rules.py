"""The level and values of each policy: from `policies/config.yaml`, and from Pulumi's own policy
configuration (`--policy-pack-config`), which takes precedence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from clerkstack.problems import InputError, Problem
from policies.policy import Policy, Values
from policies.registry import BY_ID
from policies.view import DEVELOPMENT, PRODUCTION

ENGINES_FILE = "--policy-pack-config"
MAX_WAIVER_DAYS = 90


class Level(StrEnum):
    """What a violation does: it stops the run, is reported, or is ignored."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    DISABLED = "disabled"


DEFAULTS = {PRODUCTION: Level.MANDATORY, DEVELOPMENT: Level.ADVISORY}
STAYS_MANDATORY = "must stay mandatory in production: it protects paying customers"


@dataclass(frozen=True)
class Rules:
    """Levels by (policy, environment) and values by policy, where they are not the defaults."""

    levels: Mapping[tuple[str, str], Level] = field(default_factory=dict)
    values: Mapping[str, Values] = field(default_factory=dict)
    max_waiver_days: int = MAX_WAIVER_DAYS

    def level(self, policy: Policy, environment: str) -> Level:
        """What a violation of the policy does in an environment."""
        if policy.production_only and environment != PRODUCTION:
            return Level.DISABLED
        default = DEFAULTS.get(environment, Level.MANDATORY)
        if policy.advisory:
            default = Level.ADVISORY
        return self.levels.get((policy.id, environment), default)

    def of(self, policy: Policy) -> Values:
        """The values of a policy's options."""
        defaults = {name: option.default for name, option in policy.options.items()}
        return {**defaults, **self.values.get(policy.id, {})}

    def overlaid(self, levels: Mapping[str, str], values: Mapping[str, Values]) -> Rules:
        """These rules, overlaid with the engine's own configuration.

        Args:
            levels: the configured levels by policy; each applies in both environments.
            values: by policy.

        Raises:
            InputError: a policy does not exist, or a non-overridable one would be turned off.
        """
        problems: list[Problem] = []
        own_levels, own_values = dict(self.levels), dict(self.values)
        for name in sorted({*levels, *values}):
            policy = BY_ID.get(name)
            if policy is None:
                remedy = f"Use {', '.join(BY_ID)}"
                problems.append(Problem(ENGINES_FILE, None, name, "is not a policy", remedy))
                continue
            options = dict(values.get(name, {}))
            if name in levels:
                own_levels[name, PRODUCTION] = own_levels[name, DEVELOPMENT] = Level(levels[name])
            if DEVELOPMENT in options:
                own_levels[name, DEVELOPMENT] = Level(options.pop(DEVELOPMENT))
            if turns_off(policy, own_levels.get((name, PRODUCTION), Level.MANDATORY)):
                problems.append(
                    Problem(ENGINES_FILE, None, name, STAYS_MANDATORY, instead_of_level(policy))
                )
            for option in sorted(set(options) - set(policy.options)):
                remedy = f"Use {', '.join([DEVELOPMENT, *policy.options])}"
                problems.append(
                    Problem(ENGINES_FILE, None, f"{name}.{option}", "is not known", remedy)
                )
            own_values[name] = {**own_values.get(name, {}), **options}
        if problems:
            raise InputError(problems)
        return Rules(own_levels, own_values, self.max_waiver_days)


def turns_off(policy: Policy, level: Level) -> bool:
    """Whether a level in production would turn a non-overridable policy off."""
    return policy.non_overridable and level is not Level.MANDATORY


def instead_of_level(policy: Policy) -> str:
    """What to do instead of lowering a non-overridable policy: the program and the provider refuse
    the same, whatever is configured or waived."""
    return f"Remove the level; a waiver does not help either. {policy.remedy.rstrip('.')}"
