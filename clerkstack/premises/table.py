"""What this project takes for true of Clerk, Svix, Vercel, Pulumi and GitHub, and how sure that is.

`clerkstack probe` checks what can be checked on a real account; docs/premises.md is made from this
table (`python -m clerkstack.premises`). Whoever relies on how a service behaves writes it in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sure(StrEnum):
    """How sure it is."""

    DOCUMENTED = "documented"
    SEEN = "seen"  # in the answers of real services, or when the real program was run
    INFERRED = "inferred"  # from several facts that were seen
    ASSUMED = "assumed"  # nobody shows it: the strict reading was taken


@dataclass(frozen=True)
class Premise:
    """One thing that is taken for true.

    `relies` is what relies on it, `otherwise` what to expect where it does not hold, and
    `unchecked` why `clerkstack probe` cannot tell.
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
        """Whose: clerk, svix, vercel, pulumi or github."""
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
        "A field that is not known is left alone and not compared; one of another kind shows as a "
        "difference",
    ),
    Premise(
        "clerk.config-version",
        "Its version is `v1_` and eight hexadecimal digits, and is given by every read.",
        "seven live answers",
        Sure.SEEN,
        "every write of the config (If-Match)",
        "Any other text serves as well; a read without a version is refused",
    ),
    Premise(
        "clerk.config-keys",
        "A read with `keys` gives these sections alone.",
        _PLATFORM,
        Sure.DOCUMENTED,
        "reads of one section",
        "More is read than is needed",
    ),
    Premise(
        "clerk.config-unset",
        'A field that is not set reads as null, "" or 0, which of them depends on the field.',
        _READS,
        Sure.SEEN,
        "comparisons of what is declared with what is live",
        "A field that was cleared shows as a difference in every preview",
        unchecked="a field would have to be cleared",
    ),
    Premise(
        "clerk.session-template",
        "`session` is the session token's template, null or {claims, lifetime, "
        "allowed_clock_skew}; how long a session lives is in `session_settings`.",
        "live answers of July to September 2026",
        Sure.SEEN,
        "cutover",
        "The cutover judges the wrong lifetime",
    ),
    Premise(
        "clerk.api-keys-section",
        "The switches of API keys are set in a section `api_keys_settings`, where the config's "
        "schema has it; elsewhere in the dashboard alone.",
        "a change of the vendor's command line client that is not merged",
        Sure.ASSUMED,
        "API keys",
        "`up` says that the switches are a person's step, and which ones differ",
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
        "A plan whose payer's billing is off answers nobody; Clerk's own free_org and free_user "
        "stay in the config all the same.",
        "nothing shows it",
        Sure.ASSUMED,
        "what the app's code asks for, in production: check, preview, up, drift, cutover",
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
        "Clerk's command line client and its integration tests",
        Sure.SEEN,
        "every write of the config",
        "A write changes what the stack does not declare; the read-back finds it",
    ),
    Premise(
        "clerk.config-after",
        "The answer's `after` has each named section as a whole, as stored.",
        _PLATFORM,
        Sure.DOCUMENTED,
        "the read-back after a write",
        "`up` says that something was not kept, though it was",
    ),
    Premise(
        "clerk.config-dry-run",
        "With `dry_run` all is checked and nothing stored, and the answer says `dry_run: true`.",
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
        "A null that takes a plan or feature away is refused without `destructive`.",
        f"{_PLATFORM}; the vendor's texts disagree about nulls that reset a field",
        Sure.DOCUMENTED,
        "removals",
        "Nothing: a removal is sent with `destructive`, and only where it is allowed",
    ),
    Premise(
        "clerk.feature-removed",
        "A feature that no plan has can be made and removed by the config, and leaves nothing.",
        "Clerk's command line client",
        Sure.INFERRED,
        "features, destroy",
        "A feature stays on the instance after it left the catalog; `up` says that it was not kept",
    ),
    Premise(
        "clerk.config-clear",
        'A text is cleared by "", an amount that need not be there by 0.',
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
        "`up` writes once more, then says that a field was not kept, though it is there a moment "
        "later: run it again",
    ),
    Premise(
        "clerk.session-null",
        "`session: null`, with `destructive`, takes the session token's template away.",
        "Clerk's command line client",
        Sure.INFERRED,
        "sessionClaims that are no longer declared",
        "The claims stay; `up` says that they were not kept",
        unchecked="every session token would change",
    ),
    Premise(
        "clerk.connection-credentials",
        "In production a connection cannot be on without credentials of one's own.",
        "Clerk's command line client; the dashboard's errors",
        Sure.SEEN,
        "signIn.oauth that goes back to what it was: in production it goes off",
        "Nothing",
        unchecked="only production refuses it",
    ),
    Premise(
        "clerk.force-selection",
        "Switching organizations on also switches force_organization_selection on.",
        "Clerk's own presets, which send it twice",
        Sure.SEEN,
        "organizations",
        "Nothing: what is not as sent is sent once more",
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
        "`has()` looks in the session token alone: it has the plan and the features of whoever is "
        "billed, without those with `include_in_jwt: false`, and nothing where billing is off.",
        "Clerk's session token, version 2 (`pla`, `fea`); Clerk's own guide to billing",
        Sure.INFERRED,
        "check, policies, up: which checks of the app's code are false for everybody",
        "A check that can be true is refused: set include_in_jwt to true, or ask for another",
        unchecked="it takes a person who signs in and subscribes",
    ),
    Premise(
        "clerk.default-plans",
        "Where billing is switched on for organizations or users, Clerk makes free_org or "
        "free_user by itself.",
        "Clerk's own guide to billing; its command line client",
        Sure.DOCUMENTED,
        "check, policies, up, adopt: nobody has to declare them",
        "A check of a default plan of another slug is a finding: name it in app.unmanaged",
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
        "Beside an old secret key the Platform API shows the newest.",
        "none",
        Sure.ASSUMED,
        "a rotation whose answer was lost",
        "Such a rotation says that it is done with the old key; doctor shows which key the app has",
        unchecked="it takes two keys",
    ),
    Premise(
        "clerk.roles",
        "Roles and permissions of organizations can be listed with the instance's key.",
        f"{_BACKEND}; some accounts answer 404",
        Sure.DOCUMENTED,
        "organizations.roles",
        "Set clerkstack:organizations.roles to {}: roles are made in the dashboard",
    ),
    Premise(
        "clerk.role-sets",
        "One role set is the initial one, for new organizations; a role has to be in the set of an "
        "organization to be given there.",
        f"{_BACKEND}; documentation of role sets",
        Sure.DOCUMENTED,
        "organizations.roles",
        "A role that `up` made cannot be given: add it to a role set in the dashboard",
    ),
    Premise(
        "clerk.role-flag",
        "A role is made into the initial role set by a flag of CreateOrganizationRole; what Clerk "
        "does without it is not documented, so it is always sent.",
        _BACKEND,
        Sure.DOCUMENTED,
        "organizations.roles",
        "The role sets are read back; what is missing is added",
        unchecked="a role cannot be removed without trace",
    ),
    Premise(
        "clerk.role-set-config",
        "The roles that the initial set begins with are `creator_role` and `domains_default_role` "
        "of the config's organization_settings.",
        f"{_BACKEND}; {_READS}",
        Sure.INFERRED,
        "organizations.creatorRole, organizations.defaultRole",
        "`drift` shows one of them as different right after an `up`",
        unchecked="who makes an organization would get another role",
    ),
    Premise(
        "clerk.role-deleted",
        "A role that is deleted leaves its role sets, and a permission that roles have can be "
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
        "The Backend API takes Clerk-API-Version 2026-05-12.",
        _BACKEND,
        Sure.DOCUMENTED,
        "every Backend API request",
        "Everything that asks the Backend API ends with 400 api_version_invalid: look for a newer "
        "version of this project",
    ),
    Premise(
        "clerk.variable-names",
        "The SDKs read the variables of clerkstack/settings/variable_names.py.",
        "the packages @clerk/nextjs, @clerk/astro, @clerk/nuxt, @clerk/react-router and "
        "@clerk/express; the last four perhaps not in their newest form",
        Sure.SEEN,
        "environment.names, the policy read-names, doctor",
        "The app does not find a variable, or a warning names one that it reads",
        unchecked="it is of the app's packages, not of an account",
    ),
    Premise(
        "clerk.session-claims",
        "A session's claims are called `pla` and `fea` (`u:pro`, `o:x,o:y`) and `o.rol` (without "
        "`org:`), `org_role` and `org_permissions` before; `auth()` gives `orgRole` and "
        "`orgPermissions`.",
        "the types and tests of Clerk's own SDK (clerk/javascript, packages/shared)",
        Sure.SEEN,
        "the checks of claims that are found in an app's code",
        "A comparison with a claim of another name is not looked at",
        unchecked="it is of the app's packages, not of an account",
    ),
    Premise(
        "clerk.clock",
        "Answers carry Clerk's time in the header Date.",
        "RFC 9110",
        Sure.INFERRED,
        "doctor",
        "Doctor cannot check this machine's clock",
    ),
    # Svix
    Premise(
        "svix.link",
        "The link that the Backend API gives holds, after `#key=`, an app, a region and a one-time "
        "token, as base64 of JSON.",
        "the vendor's dashboard; no description has it",
        Sure.SEEN,
        "webhook, cutover, rotation",
        "The webhook cannot be deployed; `up` says that the link is not of the known form",
    ),
    Premise(
        "svix.one-time-token",
        "The token of a link is valid once.",
        "description of the Svix API",
        Sure.DOCUMENTED,
        "secrets: a link that was used is worth nothing",
        "A leaked link gives access while it is valid: report it to Clerk",
    ),
    Premise(
        "svix.event-types",
        "The app's token can list the event types, and Svix refuses those that are not there.",
        f"{_SVIX}; no description says which tokens may",
        Sure.INFERRED,
        "webhook.events",
        "An event has to be one that Clerk has published; others are found by the write",
    ),
    Premise(
        "svix.url-form",
        "Svix keeps URLs in the standard form: host in lower case, no default port, a path.",
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
        "A busy endpoint's newest deliveries are not looked at",
        unchecked="it takes more deliveries than a page has",
    ),
    Premise(
        "svix.endpoint",
        "An endpoint keeps URL, events and description as they were sent; its secret begins with "
        "whsec_ and stays when the endpoint changes.",
        _SVIX,
        Sure.SEEN,
        "webhook",
        "`up` says that something was not kept",
    ),
    Premise(
        "svix.headers",
        "Headers of an endpoint are set one by one, null takes one away, and of some "
        "(authorization, x-auth-token, …) the name alone is shown.",
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
        "For an event type that is not in Svix's list Clerk sends nothing.",
        "none",
        Sure.ASSUMED,
        "apiKey.created is left out while it is not offered",
        "The app misses that event until it is offered",
        unchecked="it takes the event",
    ),
    Premise(
        "svix.overlap",
        "After a rotation the old secret signs as well, for the seconds that were asked for.",
        _SVIX,
        Sure.SEEN,
        "rotate",
        "Messages are refused until the app runs with the new secret",
        unchecked="it takes a delivery",
    ),
    Premise(
        "svix.gone-back",
        "A secret that was gone back to keeps the end that the rotation before had given it, also "
        "where a later one ends it at once.",
        "the source of svix-server",
        Sure.SEEN,
        "rotate --overlap 0 after an --abort says until when the old secret signs",
        "The warning is one too many",
        unchecked="it takes a delivery",
    ),
    # Vercel
    Premise(
        "vercel.variables",
        "The list of variables has id, key, type, targets and, for those of one branch or custom "
        "environment, which.",
        "documentation of Vercel's API",
        Sure.DOCUMENTED,
        "environment, adopt, drift, rotation",
        "A variable is not found, and `up` ends because Vercel has it already",
    ),
    Premise(
        "vercel.sensitive",
        "The value of a sensitive variable cannot be read.",
        "documentation of Vercel's API",
        Sure.DOCUMENTED,
        "adopt, drift; secrets are written as sensitive variables",
        "Whoever may read variables can read the app's secrets: ask Vercel",
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
        "A readable variable comes with its value when it is read by its id, also where the list "
        "gives it encrypted.",
        "documentation of Vercel's API; issues 9072 of vercel/vercel and 25 of vercel/sdk",
        Sure.DOCUMENTED,
        "rotation looks for other holders of a secret by their value",
        "A rotation lists what it cannot read as `may hold` by its name, and misses other names",
    ),
    Premise(
        "vercel.projects",
        "The projects of a team that a token sees are listed, page by page, and so are the team's "
        "shared variables and a project's custom environments.",
        "documentation of Vercel's API",
        Sure.DOCUMENTED,
        "rotation looks for other holders of a secret in them",
        "A rotation says what it could not look at, and goes on",
    ),
    Premise(
        "vercel.environments",
        "The deployments of a custom environment are found by its slug as the target, those of a "
        "branch by `branch`; `customEnvironmentSlugOrId` builds one again there.",
        "documentation of Vercel's API; the vendor's command-line client",
        Sure.INFERRED,
        "rotation builds them again where a variable of theirs was written",
        "Such a deployment keeps the old secret until it is built: `vercel redeploy`",
        unchecked="it would build a deployment",
    ),
    Premise(
        "vercel.write",
        "A variable that is written is there at once, under the same id, as it was sent.",
        "documentation of Vercel's API",
        Sure.INFERRED,
        "rotation, adopt",
        "A rotation writes the variable again",
    ),
    Premise(
        "vercel.narrow",
        "A PATCH takes targets and custom environments out of a variable; value and id stay.",
        "a change of the vendor's own command-line client that does it (vercel/vercel 16651)",
        Sure.INFERRED,
        "take-over",
        "take-over reads back, and says that a variable is not as it was split",
        unchecked="it takes a variable that is shared",
    ),
    Premise(
        "vercel.conflict",
        "A second variable of a key for a target is refused, also where a longer list of targets "
        "has it; one of a branch stands beside it.",
        "the official plugin and getsentry/sentry 118490",
        Sure.SEEN,
        "the look at a project before the first write, take-over",
        "Two variables of one name for a target: the newer one is the stack's",
        unchecked="it takes a variable that is shared",
    ),
    Premise(
        "vercel.integration",
        "A variable with a configurationId is an integration's, and a token can change it.",
        "description of Vercel's API for the field; nobody says the second",
        Sure.ASSUMED,
        "take-over of a variable that is named in environment.overwrite",
        "Vercel refuses the write, and `up` says so: disconnect the integration from the project",
        unchecked="it takes an integration",
    ),
    Premise(
        "vercel.listed",
        "The list of variables has all of a project.",
        "documentation of Vercel's API; getsentry/sentry 118200 has seen lists without some, which "
        "are only counted there (hiddenProductionEnvCount)",
        Sure.DOCUMENTED,
        "the look at a project before the first write",
        "A variable is in the way all the same: `up` ends with ENV_CONFLICT",
        unchecked="what a list lacks it does not show",
    ),
    Premise(
        "vercel.moved-project",
        "A project that moves to another team keeps its id, and its variables theirs.",
        "documentation of Vercel's API for the project; nobody says it of variables",
        Sure.ASSUMED,
        "the state that follows a changed teamId",
        "`up` refuses, and take-over enters the ids that the variables have now",
        unchecked="it takes a project that moves",
    ),
    # Pulumi
    Premise(
        "pulumi.team-replaces",
        "To the Vercel plugin a variable with another declared team is another one; a team that is "
        "no longer declared stays in the state.",
        "sources of the Terraform provider, August 2026: RequiresReplaceIfConfigured, "
        "UseNonNullStateForUnknown",
        Sure.SEEN,
        "the program enters the team into the state before the engine compares",
        "Nothing",
        unchecked="it is of the plugin, not of an account",
    ),
    Premise(
        "pulumi.state-migrations",
        "A program can change what the state says of a component's children before the engine "
        "compares (3.272 and newer; experimental).",
        "sources of the engine 3.274.1, run",
        Sure.SEEN,
        "a project that moves, and the look at variables before the first write",
        "An older engine says that it has none",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.state-is-code",
        "The dynamic provider that is pickled in a state is unpickled by `refresh`, `destroy` and "
        "removals, with the settings that the state has; in an `up` not before the program has "
        "run.",
        _ENGINE,
        Sure.SEEN,
        "the program and the commands refuse a state with code of others; the plugin in bin runs "
        "our own alone, and only with addresses that a stack's file names",
        "The plugin refuses all the same",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.plugins-of-the-project",
        "The engine runs a plugin from the folder that Pulumi.yaml names under `plugins`, also its "
        "own one for dynamic providers, whatever version the state names.",
        _ENGINE,
        Sure.SEEN,
        "code in a state is not run",
        "pulumi.dynamic runs what the state has; program and commands still refuse",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.secret-in-list",
        "The command plugin loses an unknown value inside a secret element of a list.",
        _COMMAND,
        Sure.SEEN,
        "the trigger of the redeploy is no list of secrets",
        "Nothing",
        unchecked="it is of the plugin, not of an account",
    ),
    Premise(
        "pulumi.no-scrubbing",
        "The command plugin shows the output of a command that failed as it is.",
        _COMMAND,
        Sure.SEEN,
        "clerkstack redeploy prints no secret",
        "Nothing",
        unchecked="it is of the plugin, not of an account",
    ),
    Premise(
        "pulumi.raw-delta",
        "The state of a Vercel variable holds its value twice, in `value` and in "
        "`__pulumi_raw_state_delta`.",
        _BRIDGED,
        Sure.SEEN,
        "adopt, recover, move, rotate: whoever edits a value removes the delta",
        "Nothing: without a delta the plugin takes the value",
        unchecked="it is of the plugin, not of an account",
    ),
    Premise(
        "pulumi.no-detailed-diff",
        "For a changed variable, the Vercel plugin reports the names of what differs, but no "
        "detailed diff.",
        _BRIDGED,
        Sure.SEEN,
        "review describes a changed variable by what is declared",
        "A row of the comment says less than it could",
        unchecked="it is of the plugin, not of an account",
    ),
    Premise(
        "pulumi.id-in-outputs",
        "The Vercel plugin asks with the `id` of the outputs in the state, and drops a variable "
        "without one at a refresh.",
        _BRIDGED,
        Sure.SEEN,
        "recover and adopt enter it; doctor reports where it is missing",
        "Nothing",
        unchecked="it is of the plugin, not of an account",
    ),
    Premise(
        "pulumi.state-for-the-program",
        "The engine's own provider answers `pulumi:pulumi:readStackResourceOutputs` of the stack "
        "that is being updated with type and outputs of each resource; while it writes the state, "
        "the answer may be that the checkpoint cannot be loaded.",
        "pulumi 3.274.1, run; pkg/resource/deploy/builtins.go",
        Sure.SEEN,
        "the aliases of a Vercel project that is called otherwise, or one of several now",
        "An engine that does not answer fails the run before anything is declared",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.no-base-url",
        "The official plugins go to Vercel's own address, whatever VERCEL_API_URL says.",
        _BRIDGED,
        Sure.SEEN,
        "clerkstack:urls.vercel is refused where nothing follows it",
        "A token goes to an address that nobody meant",
        unchecked="it is of the plugin, not of an account",
    ),
    Premise(
        "pulumi.plugin-of-path",
        "The engine starts a plugin that is on PATH before an installed one, unless "
        "PULUMI_IGNORE_AMBIENT_PLUGINS is set.",
        "the engine 3.274.1, run, and its sources (sdk/go/common/workspace/plugins.go)",
        Sure.SEEN,
        "clerkstack:urls.vercel is refused where the official plugin would be started",
        "The stand-in plugin is refused though it would follow",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.unasked",
        "In an update of some resources (`--target`) the engine checks, updates and removes no "
        "other one, runs no hook of it, and shows it to policies as the state has it; a resource "
        "that is not in the state and that a target depends on fails the update.",
        _ENGINE,
        Sure.SEEN,
        "rotate: who refuses to write anything but secrets is not asked where only those are "
        "written, whose resources depend on each other alone",
        "A rotation is refused by its preview, before anything is minted",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.checkpoint-first",
        "An output of a resource resolves in the program after the engine has written the state "
        "that has it.",
        _ENGINE,
        Sure.SEEN,
        "the note of a write is forgotten then",
        "A kill in between leaves what a run made behind, as somebody else's",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.files-of-a-backend",
        "A backend of files keeps a stack in `.pulumi/stacks/<project>/<stack>.json` where its "
        "`.pulumi/meta.yaml` has version 1, and replaces the file in one move. `pulumi stack "
        "export` prints its `version` and `features`, and its `checkpoint.latest` as `deployment`; "
        "`manifest.time` in that is the last update that `pulumi stack ls` shows.",
        "Pulumi 3.274.1, run, and its sources (pkg/backend/diy/backend.go, store.go)",
        Sure.SEEN,
        "states are read without the engine where no secret of them is needed",
        "Where a file is of another form, the engine is asked; where an engine writes elsewhere, "
        "a state is not found or an old one is read",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.stacks-told",
        "`pulumi stack ls` and `pulumi stack export` answer while an update is going on, without "
        "the passphrase of the stack that is read.",
        _ENGINE,
        Sure.SEEN,
        "what other stacks of the instance have",
        "`up` and `destroy` say that the other stacks are not known, and go on",
        unchecked="it is of the engine, not of an account",
    ),
    Premise(
        "pulumi.release-hashes",
        "Beside each release at GitHub lies pulumi-VERSION-checksums.txt with the SHA-256 of each "
        "archive, and get.pulumi.com/releases/sdk has the same archives, the programs below "
        "pulumi/.",
        "installers of others that compare with it, published in 2026",
        Sure.INFERRED,
        "the official engine of set-up and CI",
        "The set-up builds the engine from Go modules; CI fails with what is missing",
        unchecked="it is of the release, not of an account",
    ),
    # GitHub
    Premise(
        "github.environment-made",
        "An environment that a job names and that is not there is made, without protection.",
        "docs.github.com, deployments and environments",
        Sure.DOCUMENTED,
        "doctor, docs/pull-requests.md",
        "The first deploy fails in the place of going on unasked",
        unchecked="doctor looks at it",
    ),
    Premise(
        "github.protected-none",
        "An environment for protected branches lets all branches in where none is protected.",
        "docs.github.com, deployments and environments",
        Sure.DOCUMENTED,
        "doctor",
        "doctor calls something open that is closed",
        unchecked="doctor looks at it",
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
        unchecked="it is of GitHub's runs, not of an account",
    ),
    Premise(
        "github.artifact",
        "An artifact is a ZIP archive of the files that were named, fetched by a redirect to an "
        "address that needs no token.",
        "description of the REST API; docs.github.com, artifacts",
        Sure.DOCUMENTED,
        "comment",
        "The artifact is refused as no archive of one file, and nothing is commented",
        unchecked="it is of GitHub's runs, not of an account",
    ),
)

BY_ID = {premise.id: premise for premise in PREMISES}
