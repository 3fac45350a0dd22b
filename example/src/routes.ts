// The app's routes.

import type { ClerkClient } from "@clerk/backend";

import { Access } from "./access.js";
import { type Answered, type Asked, Refused } from "./http.js";
import { answerMcp } from "./mcp.js";
import { BILLING_FEATURES, PLANS } from "./plans.js";
import { fingerprint, type Settings } from "./settings.js";
import { Webhooks } from "./webhook.js";

type Route = (asked: Asked) => Promise<Answered>;

export function routesOf(settings: Settings, clerk: ClerkClient): Route {
  const access = new Access(clerk, settings);
  const webhooks = new Webhooks(clerk, settings.CLERK_WEBHOOK_SECRET);
  const routes: Record<string, Route> = {
    "GET /": async () => ({ status: 200, body: { app: "sendero", plans: Object.keys(PLANS) } }),
    "GET /api/health": async () => ({ status: 200, body: health(settings) }),
    "POST /api/webhooks/clerk": (asked) => webhooks.receive(asked),
    "GET /api/audit-log": async (asked) => {
      const { has } = await access.session(asked);
      return gated(has({ feature: BILLING_FEATURES.AUDIT_LOG_EXPORT }), { entries: [] });
    },
    "GET /api/priority-support": async (asked) => {
      const { has } = await access.session(asked);
      return gated(has({ plan: PLANS.pro.slug }), { queue: "priority" });
    },
  };
  return async (asked) => {
    if (asked.path === "/api/mcp") return answerMcp(asked, access);
    const route = routes[`${asked.method} ${asked.path}`];
    if (!route) throw new Refused(404, `There is nothing at ${asked.path}.`);
    return route(asked);
  };
}

/** The deployment, and the fingerprints of its secrets. */
function health(settings: Settings) {
  const { VERCEL_DEPLOYMENT_ID, VERCEL_GIT_COMMIT_SHA } = process.env;
  return {
    status: "ok",
    deployment: VERCEL_DEPLOYMENT_ID ?? null,
    commit: VERCEL_GIT_COMMIT_SHA ?? null,
    fingerprints: {
      CLERK_SECRET_KEY: fingerprint(settings.CLERK_SECRET_KEY),
      CLERK_WEBHOOK_SECRET: fingerprint(settings.CLERK_WEBHOOK_SECRET),
    },
  };
}

function gated(allowed: boolean, body: unknown): Answered {
  if (!allowed) throw new Refused(403, "The organization's plan does not include this.");
  return { status: 200, body };
}
