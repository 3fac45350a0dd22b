"""What this project assumes about Clerk, Svix, Vercel, Pulumi and GitHub, and how sure that is.

`clerkstack probe` checks what can be checked on a real account; docs/premises.md is made from this
table (`python -m clerkstack.premises`). Code that relies on how a service behaves needs an entry
here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sure(StrEnum):
    """How sure it is."""

    DOCUMENTED = "documented"
    SEEN = "seen"  # in the answers of real services, or when the real program was run
    INFERRED = "inferred"  # from several facts that were seen
    ASSUMED = "assumed"  # nothing shows it: the strict reading was taken


@dataclass(frozen=True)
class Premise:
    """An assumption about a service.

    `relies` is what relies on it, `otherwise` what to expect if it does not hold, and `unchecked`
    why `clerkstack probe` cannot check it.
    """

    id: str
    what: str
    source: str
    sure: Sure
    relies: str
    otherwise: str
    unchecked: str = ""

    @property
    def service(self) -> str:
        """The service: clerk, svix, vercel, pulumi or github."""
        return self.id.partition(".")[0]


_READS = "three complete configs of live instances that were published in 2026"
_BACKEND = "description of the Backend API, 2026-05-12"
_PLATFORM = "description of the Platform API (beta)"
_SVIX = "svix-server 1.100, run"
_COMMAND = "pulumi-command 1.2.1, run"
_ENGINE = "Pulumi 3.274.1, run"
_BRIDGED = "the official plugin, built from its sources and run"

PREMISES = (
    # Clerk: the config
    Premise(
        "clerk.config-shape",
        "An instance's config has the sections and fields of clerkstack/premises/config_shape.py.",
        _READS,
        Sure.SEEN,
        "sign-in, organizations, billing, API keys, adopt, drift, parity",
        "An unknown field is left alone and not compared; one of another type shows as a "
        "difference",
    ),
    Premise(
        "clerk.config-version",
        "Its version is `v1_` and eight hexadecimal digits, and every read returns it.",
        "seven live answers",
        Sure.SEEN,
        "every write of the config (If-Match)",
        "Any other text works too; a read without a version is refused",
    ),
    Premise(
        "clerk.config-keys",
        "A read with `keys` returns only these sections.",
        _PLATFORM,
        Sure.DOCUMENTED,
        "reads of one section",
        "More is read than is needed",
    ),
    Premise(
        "clerk.config-unset",
        'An unset field reads as null, "" or 0, depending on the field.',
        _READS,
        Sure.SEEN,
        "comparisons of what is declared with what is live",
        "A field that was cleared shows as a difference in every preview",
        unchecked="a field would have to be cleared",
    ),
    Premise(
        "clerk.session-template",
        "`session` is the session token's template, null or {claims, lifetime, "
        "allowed_clock_skew}; the lifetime of sessions is in `session_settings`.",
        "live answers of July to September 2026",
        Sure.SEEN,
        "cutover",
        "The cutover judges the wrong lifetime",
    ),
    Premise(
        "clerk.api-keys-section",
        "The switches of API keys are set in a section `api_keys_settings` if the config's schema "
        "has it, otherwise only in the dashboard.",
        "an unmerged change of the vendor's command-line client",
        Sure.ASSUMED,
        "API keys",
        "`up` says which switches a person must set",
    ),
    Premise(
        "clerk.environment-agrees",
        "The public environment shows what the config says: billing of each payer, the trial card, "
        "who may sign up.",
        "Clerk's own checks of 42 changes",
        Sure.SEEN,
        "doctor, cutover, API keys",
        "The cutover reports a difference that does not exist",
    ),
    Premise(
        "clerk.billing-off",
        "Nobody has a plan whose payer's billing is off; Clerk's own free_org and free_user stay "
        "in the config all the same.",
        "nothing shows it",
        Sure.ASSUMED,
        "the checks in production's code: check, preview, up, drift, cutover",
        "A check of such a plan is refused although somebody still has it",
        unchecked="it takes a subscriber",
    ),
    Premise(
        "clerk.plans-agree",
        "The plans of the Backend API are those of the config's billing section, by slug.",
        f"{_BACKEND}; {_READS}",
        Sure.INFERRED,
        "numbers of subscribers before a dangerous change",
        "A dangerous change of such a plan is refused, because it is unknown who subscribes",
    ),
    Premise(
        "clerk.config-merge",
        "A PATCH merges objects to any depth and replaces lists and values; what it does not name "
        "stays.",
        "Clerk's command-line client and its integration tests",
        Sure.SEEN,
        "every write of the config",
        "A write changes what the stack does not declare; the read-back finds it",
    ),
    Premise(
        "clerk.config-after",
        "The answer's `after` has each named section completely, as stored.",
        _PLATFORM,
        Sure.DOCUMENTED,
        "the read-back after a write",
        "`up` says that something was not kept, although it was",
    ),
    Premise(
        "clerk.config-dry-run",
        "With `dry_run`, everything is checked and nothing stored, and the answer has "
        "`dry_run: true`.",
        _PLATFORM,
        Sure.DOCUMENTED,
        "dry-run, review",
        "A dry run is a write. dry-run raises an alarm and names what changed",
    ),
    Premise(
        "clerk.config-if-match",
        "A write with another version than the current one is refused with 409.",
        _PLATFORM,
        Sure.DOCUMENTED,
        "two runs at the same time, changes by hand during an `up`",
        "A change by hand during an `up` is overwritten",
    ),
    Premise(
        "clerk.config-destructive",
        "A null that removes a plan or feature is refused without `destructive`.",
        f"{_PLATFORM}; the vendor's texts disagree about nulls that reset a field",
        Sure.DOCUMENTED,
        "removals",
        "Nothing: a removal is sent with `destructive`, and only if it is allowed",
    ),
    Premise(
        "clerk.feature-removed",
        "A feature that no plan has can be created and removed through the config, without trace.",
        "Clerk's command line client",
        Sure.INFERRED,
        "features, destroy",
        "A feature stays on the instance after it left the catalog; `up` reports it as not kept",
    ),
    Premise(
        "clerk.config-clear",
        '"" clears a text, 0 an optional amount.',
        _READS,
        Sure.INFERRED,
        "descriptions, client ids and secrets, annual prices that are no longer declared",
        "`up` says that a field was not kept; clear it in the dashboard",
    ),
    Premise(
        "clerk.read-after-write",
        "A read right after a write shows it.",
        "none",
        Sure.ASSUMED,
        "the read-back after every write",
        "`up` writes once more, then says that a field was not kept, although it appears a moment "
        "later: run it again",
    ),
    Premise(
        "clerk.session-null",
        "`session: null`, with `destructive`, removes the session token's template.",
        "Clerk's command line client",
        Sure.INFERRED,
        "sessionClaims that are no longer declared",
        "The claims stay; `up` says that they were not kept",
        unchecked="every session token would change",
    ),
    Premise(
        "clerk.connection-credentials",
        "In production, a connection cannot be on without its own credentials.",
        "Clerk's command line client; the dashboard's errors",
        Sure.SEEN,
        "reverting signIn.oauth: in production, the connection is switched off",
        "Nothing",
        unchecked="only production refuses it",
    ),
    Premise(
        "clerk.force-selection",
        "Switching organizations on also switches force_organization_selection on.",
        "Clerk's own presets, which send it twice",
        Sure.SEEN,
        "organizations",
        "Nothing: what differs from what was sent is sent once more",
        unchecked="it would switch organizations off and on for everybody",
    ),
    Premise(
        "clerk.environment-delay",
        "The public environment shows a change after 15 seconds at most.",
        "Clerk's own tool waits that long; 0.1 seconds were measured",
        Sure.SEEN,
        "API keys, cutover after an `up`",
        "The cutover shows an earlier state: run it again",
        unchecked="a change that users see would be made",
    ),
    Premise(
        "clerk.asked-of-the-token",
        "`has()` reads only the session token: it has the plan and features of the payer, without "
        "those with `include_in_jwt: false`, and none if billing is off.",
        "Clerk's session token, version 2 (`pla`, `fea`); Clerk's own guide to billing",
        Sure.INFERRED,
        "check, policies, up: which checks of the app's code are false for everybody",
        "A check that can be true is refused: set include_in_jwt to true, or check another slug",
        unchecked="it takes a person who signs in and subscribes",
    ),
    Premise(
        "clerk.default-plans",
        "When billing is switched on for organizations or users, Clerk itself creates free_org or "
        "free_user.",
        "Clerk's own guide to billing; its command-line client",
        Sure.DOCUMENTED,
        "check, policies, up, adopt: nobody has to declare them",
        "A check of a default plan with another slug is a finding: name it in app.unmanaged",
        unchecked="it would switch billing on for everybody",
    ),
    # Clerk: keys and roles
    Premise(
        "clerk.key-forms",
        "Keys begin with ak_, sk_test_ or sk_live_, pk_test_ or pk_live_; the second half of a "
        "publishable key is the address of the instance's Frontend API.",
        "documentation of Clerk's environment variables",
        Sure.DOCUMENTED,
        "settings, policies, the search for secrets in output",
        "A key of another form is refused in the settings",
    ),
    Premise(
        "clerk.newest-key",
        "If there are several secret keys, the Platform API shows the newest.",
        "none",
        Sure.ASSUMED,
        "a rotation whose answer was lost",
        "Such a rotation reports success with the old key; doctor shows which key the app has",
        unchecked="it takes two keys",
    ),
    Premise(
        "clerk.roles",
        "Roles and permissions of organizations can be listed with the instance's key.",
        f"{_BACKEND}; some accounts answer 404",
        Sure.DOCUMENTED,
        "organizations.roles",
        "Set clerkstack:organizations.roles to {}: create roles in the dashboard",
    ),
    Premise(
        "clerk.role-sets",
        "One role set is the initial one, for new organizations; members can have only roles in "
        "their organization's set.",
        f"{_BACKEND}; documentation of role sets",
        Sure.DOCUMENTED,
        "organizations.roles",
        "No member can have a role that `up` created: add it to a role set in the dashboard",
    ),
    Premise(
        "clerk.role-flag",
        "A flag of CreateOrganizationRole adds the role to the initial role set; what Clerk does "
        "without it is not documented, so it is always sent.",
        _BACKEND,
        Sure.DOCUMENTED,
        "organizations.roles",
        "The role sets are read back; what is missing is added",
        unchecked="a role cannot be removed without trace",
    ),
    Premise(
        "clerk.role-set-config",
        "The creator's and default role of the initial set are `creator_role` and "
        "`domains_default_role` of the config's organization_settings.",
        f"{_BACKEND}; {_READS}",
        Sure.INFERRED,
        "organizations.creatorRole, organizations.defaultRole",
        "`drift` shows one of them as different right after an `up`",
        unchecked="whoever creates an organization would get another role",
    ),
    Premise(
        "clerk.role-deleted",
        "Deleting a role removes it from its role sets, and a permission that roles have can be "
        "deleted.",
        "none",
        Sure.ASSUMED,
        "roles and permissions that are no longer declared",
        "Clerk refuses; the message says what to do in the dashboard",
        unchecked="a role cannot be removed without trace",
    ),
    Premise(
        "clerk.no-roles",
        "404 for the list of roles means that the account has no roles and role sets.",
        "accounts that answered so",
        Sure.INFERRED,
        "the message that says to set organizations.roles to {}",
        "The message is wrong: look at the secret key",
        unchecked="it takes such an account",
    ),
    Premise(
        "clerk.api-version",
        "The Backend API accepts Clerk-API-Version 2026-05-12.",
        _BACKEND,
        Sure.DOCUMENTED,
        "every Backend API request",
        "Every request to the Backend API fails with 400 api_version_invalid: check for a newer "
        "version of this project",
    ),
    Premise(
        "clerk.variable-names",
        "The SDKs read the variables of clerkstack/settings/variable_names.py.",
        "the packages @clerk/nextjs, @clerk/astro, @clerk/nuxt, @clerk/react-router and "
        "@clerk/express; the last four may not be the newest versions",
        Sure.SEEN,
        "environment.names, the policy read-names, doctor",
        "The app does not find a variable, or a warning names one that it reads",
        unchecked="it concerns the app's packages, not an account",
    ),
    Premise(
        "clerk.session-claims",
        "A session's claims are `pla` and `fea` (`u:pro`, `o:x,o:y`) and `o.rol` (without `org:`), "
        "formerly `org_role` and `org_permissions`; `auth()` returns `orgRole` and "
        "`orgPermissions`.",
        "the types and tests of Clerk's own SDK (clerk/javascript, packages/shared)",
        Sure.SEEN,
        "the checks of claims in an app's code",
        "A comparison with a claim of another name is not found",
        unchecked="it concerns the app's packages, not an account",
    ),
    Premise(
        "clerk.clock",
        "Answers have Clerk's time in the header Date.",
        "RFC 9110",
        Sure.INFERRED,
        "doctor",
        "Doctor cannot check this machine's clock",
    ),
    # Svix
    Premise(
        "svix.link",
        "The link from the Backend API has, after `#key=`, an app, a region and a one-time token, "
        "as base64 of JSON.",
        "the vendor's dashboard; no description has it",
        Sure.SEEN,
        "webhook, cutover, rotation",
        "The webhook cannot be deployed; `up` says that the link does not have the known form",
    ),
    Premise(
        "svix.one-time-token",
        "The token of a link is valid once.",
        "description of the Svix API",
        Sure.DOCUMENTED,
        "secrets: a used link is worthless",
        "A leaked link gives access while it is valid: report it to Clerk",
    ),
    Premise(
        "svix.event-types",
        "The app's token can list the event types, and Svix refuses all others.",
        f"{_SVIX}; it is not documented which tokens may",
        Sure.INFERRED,
        "webhook.events",
        "An event must be one that Clerk has published; otherwise the write fails",
    ),
    Premise(
        "svix.url-form",
        "Svix stores URLs in the standard form: host in lower case, no default port, a path.",
        _SVIX,
        Sure.SEEN,
        "webhook: finding the endpoint again",
        "Nothing: both sides are compared in that form",
    ),
    Premise(
        "svix.attempts",
        "With `before`, attempts come newest first.",
        _SVIX,
        Sure.SEEN,
        "the cutover's deliveries, proof of a rotation",
        "A busy endpoint's newest deliveries are missed",
        unchecked="it takes more deliveries than a page has",
    ),
    Premise(
        "svix.endpoint",
        "An endpoint keeps URL, events and description as sent; its secret begins with whsec_ and "
        "stays when the endpoint changes.",
        _SVIX,
        Sure.SEEN,
        "webhook",
        "`up` says that something was not kept",
    ),
    Premise(
        "svix.headers",
        "Headers of an endpoint are set one by one, null removes one, and for some "
        "(authorization, x-auth-token, …) only the name is shown.",
        "description of the Svix API; the source of svix-server",
        Sure.DOCUMENTED,
        "webhook.headers",
        "`up` says that a header was not kept",
        unchecked="it takes an endpoint with headers",
    ),
    Premise(
        "svix.cloud",
        "Svix's own service answers as svix-server does.",
        "none",
        Sure.INFERRED,
        "webhook, rotation, cutover",
        "`probe` shows where it differs",
        unchecked="the other premises in this table check it",
    ),
    Premise(
        "svix.not-offered",
        "Clerk does not send event types that are not in Svix's list.",
        "none",
        Sure.ASSUMED,
        "apiKey.created is left out while it is not offered",
        "The app misses that event until it is offered",
        unchecked="it takes the event",
    ),
    Premise(
        "svix.overlap",
        "After a rotation, the old secret also signs for the requested seconds.",
        _SVIX,
        Sure.SEEN,
        "rotate",
        "Messages are refused until the app runs with the new secret",
        unchecked="it takes a delivery",
    ),
    Premise(
        "svix.gone-back",
        "A secret that an abort went back to keeps the end that the earlier rotation set, even if "
        "a later rotation ends it at once.",
        "the source of svix-server",
        Sure.SEEN,
        "rotate --overlap 0 after an --abort says until when the old secret signs",
        "The warning is unnecessary",
        unchecked="it takes a delivery",
    ),
    # Vercel
    Premise(
        "vercel.variables",
        "The list of variables has id, key, type, targets, and the branch or custom environment if "
        "there is one.",
        "documentation of Vercel's API",
        Sure.DOCUMENTED,
        "environment, adopt, drift, rotation",
        "A variable is not found, and `up` fails because Vercel already has it",
    ),
    Premise(
        "vercel.sensitive",
        "The value of a sensitive variable cannot be read.",
        "documentation of Vercel's API",
        Sure.DOCUMENTED,
        "adopt, drift; secrets are written as sensitive variables",
        "Everybody who may read variables can read the app's secrets: ask Vercel",
    ),
    Premise(
        "vercel.deployments",
        "The newest ready deployment of a target is found by state and target.",
        "documentation of Vercel's API",
        Sure.DOCUMENTED,
        "redeploy, rotation",
        "The redeploy says that nothing is deployed",
    ),
    Premise(
        "vercel.decrypt",
        "Reading a readable variable by its id returns its value, even if the list has it "
        "encrypted.",
        "documentation of Vercel's API; issues 9072 of vercel/vercel and 25 of vercel/sdk",
        Sure.DOCUMENTED,
        "rotation finds other holders of a secret by their value",
        "A rotation lists unreadable variables as `may hold` by their names, and misses other "
        "names",
    ),
    Premise(
        "vercel.projects",
        "The projects of a team that a token sees are listed, page by page, and so are the team's "
        "shared variables and a project's custom environments.",
        "documentation of Vercel's API",
        Sure.DOCUMENTED,
        "rotation searches them for other holders of a secret",
        "A rotation says what it could not check, and continues",
    ),
    Premise(
        "vercel.environments",
        "Deployments of a custom environment are found by its slug as the target, those of a "
        "branch by `branch`; `customEnvironmentSlugOrId` rebuilds one there.",
        "documentation of Vercel's API; the vendor's command-line client",
        Sure.INFERRED,
        "rotation rebuilds them after it wrote one of their variables",
        "Such a deployment keeps the old secret until it is rebuilt: `vercel redeploy`",
        unchecked="it would build a deployment",
    ),
    Premise(
        "vercel.write",
        "A written variable is visible at once, under the same id, as sent.",
        "documentation of Vercel's API",
        Sure.INFERRED,
        "rotation, adopt",
        "A rotation writes the variable again",
    ),
    Premise(
        "vercel.narrow",
        "A PATCH can remove targets and custom environments from a variable; value and id stay.",
        "a change of the vendor's own command-line client that does it (vercel/vercel 16651)",
        Sure.INFERRED,
        "take-over",
        "take-over reads back, and says which variable is not as it was split",
        unchecked="it takes a shared variable",
    ),
    Premise(
        "vercel.conflict",
        "A second variable with the same key for a target is refused, also if the first one has "
        "more targets; one for a branch is allowed.",
        "the official plugin and getsentry/sentry 118490",
        Sure.SEEN,
        "the check of a project before the first write, take-over",
        "A target has two variables of one name: the newer one is the stack's",
        unchecked="it takes a shared variable",
    ),
    Premise(
        "vercel.integration",
        "A variable with a configurationId is an integration's, and a token can change it.",
        "description of Vercel's API for the field; nothing shows the second part",
        Sure.ASSUMED,
        "take-over of a variable in environment.overwrite",
        "Vercel refuses the write, and `up` says so: disconnect the integration from the project",
        unchecked="it takes an integration",
    ),
    Premise(
        "vercel.listed",
        "The list of variables is complete.",
        "documentation of Vercel's API; getsentry/sentry 118200 has seen lists without some, which "
        "are only counted there (hiddenProductionEnvCount)",
        Sure.DOCUMENTED,
        "the check of a project before the first write",
        "A variable conflicts all the same: `up` fails with ENV_CONFLICT",
        unchecked="a list does not show what it lacks",
    ),
    Premise(
        "vercel.moved-project",
        "A project that moves to another team keeps its id, and its variables keep theirs.",
        "documentation of Vercel's API for the project; nothing shows it for variables",
        Sure.ASSUMED,
        "the state that follows a changed teamId",
        "`up` refuses, and take-over writes the new ids to the state",
        unchecked="it takes a project that moves",
    ),
    # Pulumi
    Premise(
        "pulumi.team-replaces",
        "To the Vercel plugin, a variable with another declared team is another variable; a team "
        "that is no longer declared stays in the state.",
        "sources of the Terraform provider, August 2026: RequiresReplaceIfConfigured, "
        "UseNonNullStateForUnknown",
        Sure.SEEN,
        "the program writes the team to the state before the engine compares",
        "Nothing",
        unchecked="it concerns the plugin, not an account",
    ),
    Premise(
        "pulumi.state-migrations",
        "A program can change a component's children in the state before the engine compares "
        "(3.272 and newer; experimental).",
        "sources of the engine 3.274.1, run",
        Sure.SEEN,
        "a project that moves, and the check of variables before the first write",
        "An older engine says that it does not support this",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.state-is-code",
        "`refresh`, `destroy` and removals unpickle the dynamic providers in the state, with the "
        "state's settings; an `up` does so only after the program has run.",
        _ENGINE,
        Sure.SEEN,
        "the program and the commands refuse a state with foreign code; the plugin in bin runs "
        "only our own, and only with addresses that a stack's file names",
        "The plugin refuses all the same",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.plugins-of-the-project",
        "The engine runs plugins from the folder under `plugins` in Pulumi.yaml, including its own "
        "for dynamic providers, whatever version the state names.",
        _ENGINE,
        Sure.SEEN,
        "code in a state does not run",
        "pulumi.dynamic runs the state's code; program and commands still refuse",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.secret-in-list",
        "The command plugin loses an unknown value inside a secret element of a list.",
        _COMMAND,
        Sure.SEEN,
        "the trigger of the redeploy is not a list of secrets",
        "Nothing",
        unchecked="it concerns the plugin, not an account",
    ),
    Premise(
        "pulumi.no-scrubbing",
        "The command plugin shows a failed command's output unchanged.",
        _COMMAND,
        Sure.SEEN,
        "clerkstack redeploy prints no secret",
        "Nothing",
        unchecked="it concerns the plugin, not an account",
    ),
    Premise(
        "pulumi.raw-delta",
        "The state of a Vercel variable has its value twice, in `value` and in "
        "`__pulumi_raw_state_delta`.",
        _BRIDGED,
        Sure.SEEN,
        "adopt, recover, move, rotate: an edit of a value removes the delta",
        "Nothing: without a delta, the plugin uses the value",
        unchecked="it concerns the plugin, not an account",
    ),
    Premise(
        "pulumi.no-detailed-diff",
        "For a changed variable, the Vercel plugin reports the names of the differing properties, "
        "but no detailed diff.",
        _BRIDGED,
        Sure.SEEN,
        "review describes a changed variable by its declaration",
        "A row of the comment has less detail than it could",
        unchecked="it concerns the plugin, not an account",
    ),
    Premise(
        "pulumi.id-in-outputs",
        "The Vercel plugin requests the `id` in the state's outputs; a refresh drops a variable "
        "without one.",
        _BRIDGED,
        Sure.SEEN,
        "recover and adopt add it; doctor reports variables without it",
        "Nothing",
        unchecked="it concerns the plugin, not an account",
    ),
    Premise(
        "pulumi.state-for-the-program",
        "During an update, the engine's own provider answers "
        "`pulumi:pulumi:readStackResourceOutputs` with type and outputs of each resource; while it "
        "writes the state, the answer may be that the checkpoint cannot be loaded.",
        "pulumi 3.274.1, run; pkg/resource/deploy/builtins.go",
        Sure.SEEN,
        "the aliases of a renamed Vercel project, or of one that is now one of several",
        "An engine that does not answer fails the run before anything is declared",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.plugin-for-a-function",
        "Asked for a function of a package, the engine starts its plugin in the version that is "
        "asked for, as it would for a resource, and puts it into the state.",
        "pulumi 3.274.1, run; pkg/resource/deploy/source_eval.go and default_providers.go",
        Sure.SEEN,
        "plugins that start before the program has sent a resource (clerkstack/early.py)",
        "A plugin starts when its first resource is sent, and the update takes longer",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.unknown-function",
        "The official plugins refuse a function that they do not know before they do anything.",
        "pulumi-command 1.2.1, run; Vercel's plugin in an older version (3.16), built from its "
        "sources and run: the bridge (pulumi-terraform-bridge 3.117) refuses",
        Sure.INFERRED,
        "the question that starts a plugin early",
        "Nothing: the answer is not used",
        unchecked="it concerns the plugins, not an account",
    ),
    Premise(
        "pulumi.early-interrupt",
        "In its first moments the engine dies of an interrupt. Its language host, in the engine's "
        "session but with a process group of its own, remains for up to five minutes.",
        "Pulumi 3.274.1, run; sdk/go/common/util/rpcutil/health.go",
        Sure.SEEN,
        "review and rotate kill what is left of the session of an engine that died",
        "Processes remain until they end by themselves",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.waits-for-output",
        "When it ends a plugin or a program, the engine waits until no process has its output "
        "open, and ignores every interrupt meanwhile.",
        "Pulumi 3.274.1, run with a program that leaves a process; "
        "sdk/go/common/resource/plugin/plugin.go",
        Sure.SEEN,
        "rotate kills an engine that a second Ctrl-C does not end",
        "The engine is killed 15 seconds after a second Ctrl-C although it would have ended",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.no-base-url",
        "The official plugins go to Vercel's own address, whatever VERCEL_API_URL says.",
        _BRIDGED,
        Sure.SEEN,
        "clerkstack:urls.vercel is refused if nothing follows it",
        "A token goes to an unintended address",
        unchecked="it concerns the plugin, not an account",
    ),
    Premise(
        "pulumi.plugin-of-path",
        "The engine starts a plugin that is on PATH before an installed one, unless "
        "PULUMI_IGNORE_AMBIENT_PLUGINS is set.",
        "the engine 3.274.1, run, and its sources (sdk/go/common/workspace/plugins.go)",
        Sure.SEEN,
        "clerkstack:urls.vercel is refused if the official plugin would be started",
        "The stand-in plugin is refused although it would follow",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.unasked",
        "In an update of some resources (`--target`), the engine checks, updates and removes no "
        "others, runs none of their hooks, and shows them to policies as in the state; a target "
        "that depends on a resource missing in the state fails the update.",
        _ENGINE,
        Sure.SEEN,
        "rotate: it updates only the secrets' resources, which depend only on each other",
        "A rotation is refused by its preview, before anything is minted",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.checkpoint-first",
        "A resource's output resolves in the program only after the engine has written the "
        "resource to the state.",
        _ENGINE,
        Sure.SEEN,
        "the intent log forgets a write then",
        "After a kill, what a run created stays behind as somebody else's",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.files-of-a-backend",
        "A file backend stores a stack in `.pulumi/stacks/<project>/<stack>.json` if its "
        "`.pulumi/meta.yaml` has version 1, and replaces the file atomically. `pulumi stack "
        "export` prints its `version` and `features`, and its `checkpoint.latest` as `deployment`; "
        "`manifest.time` in that is the last update that `pulumi stack ls` shows.",
        "Pulumi 3.274.1, run, and its sources (pkg/backend/diy/backend.go, store.go)",
        Sure.SEEN,
        "states are read without the engine if none of their secrets is needed",
        "If a file has another form, the engine is run; if an engine writes elsewhere, a state is "
        "not found or an old one is read",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.stacks-told",
        "`pulumi stack ls` and `pulumi stack export` work during an update, without "
        "the passphrase of the stack that is read.",
        _ENGINE,
        Sure.SEEN,
        "what other stacks of the instance have",
        "`up` and `destroy` say that the other stacks are unknown, and continue",
        unchecked="it concerns the engine, not an account",
    ),
    Premise(
        "pulumi.release-hashes",
        "Each release at GitHub has pulumi-VERSION-checksums.txt with the SHA-256 of each archive, "
        "and get.pulumi.com/releases/sdk has the same archives, with the programs below pulumi/.",
        "others' installers that verify it, published in 2026",
        Sure.INFERRED,
        "the official engine of set-up and CI",
        "The set-up builds the engine from Go modules; CI fails and says what is missing",
        unchecked="it concerns the release, not an account",
    ),
    # GitHub
    Premise(
        "github.environment-made",
        "If a job names a missing environment, GitHub creates it without protection.",
        "docs.github.com, deployments and environments",
        Sure.DOCUMENTED,
        "doctor, docs/pull-requests.md",
        "The first deploy fails instead of continuing unprotected",
        unchecked="doctor checks it",
    ),
    Premise(
        "github.protected-none",
        "An environment for protected branches admits all branches if none is protected.",
        "docs.github.com, deployments and environments",
        Sure.DOCUMENTED,
        "doctor",
        "doctor reports a closed environment as open",
        unchecked="doctor checks it",
    ),
    Premise(
        "github.run-ended",
        "The event workflow_run names the pull requests of the run's branch from the repository "
        "itself, with their newest commits, and none for a fork's; the workflow that it starts has "
        "the code of the default branch.",
        "docs.github.com, events that trigger workflows, and the webhook's payload",
        Sure.INFERRED,
        "comment",
        "The run says that there is nothing to comment",
        unchecked="it concerns GitHub's runs, not an account",
    ),
    Premise(
        "github.artifact",
        "An artifact is a ZIP archive of the named files, fetched through a redirect to an address "
        "that needs no token.",
        "description of the REST API; docs.github.com, artifacts",
        Sure.DOCUMENTED,
        "comment",
        "The artifact is refused as not being an archive of one file, and there is no comment",
        unchecked="it concerns GitHub's runs, not an account",
    ),
)

BY_ID = {premise.id: premise for premise in PREMISES}
