// The variables of the deployment, this app's only configuration.

import { createHash } from "node:crypto";

const NAMES = [
  "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
  "CLERK_SECRET_KEY",
  "CLERK_WEBHOOK_SECRET",
  "NEXT_PUBLIC_CLERK_SIGN_IN_URL",
  "NEXT_PUBLIC_CLERK_SIGN_UP_URL",
  "NEXT_PUBLIC_CLERK_AFTER_SIGN_IN_URL",
  "NEXT_PUBLIC_CLERK_AFTER_SIGN_UP_URL",
  "NEXT_PUBLIC_APP_URL",
] as const;

type Name = (typeof NAMES)[number];
export type Settings = Readonly<Record<Name, string>>;

/** Read the variables; the error names all that are missing. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const missing = NAMES.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new Error(`These variables are not set for this deployment: ${missing.join(", ")}.`);
  }
  return Object.fromEntries(NAMES.map((name) => [name, environment[name] as string])) as Settings;
}

/** Identify a secret without revealing it. */
export function fingerprint(secret: string): string {
  return createHash("sha256").update(secret).digest("hex").slice(0, 12);
}
