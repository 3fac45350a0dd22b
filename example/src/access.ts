// Authenticates a person with a session token, or a program with an organization's API key.

import { type ClerkClient, createClerkClient } from "@clerk/backend";

import { type Asked, Refused } from "./http.js";
import type { Settings } from "./settings.js";

export function clerkOf(settings: Settings): ClerkClient {
  return createClerkClient({
    secretKey: settings.CLERK_SECRET_KEY,
    publishableKey: settings.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY,
    // Clerk's own SDKs read this name too: another address of the Backend API.
    ...(process.env.CLERK_API_URL ? { apiUrl: process.env.CLERK_API_URL } : {}),
    telemetry: { disabled: true },
  });
}

export class Access {
  constructor(
    private readonly clerk: ClerkClient,
    private readonly settings: Settings,
  ) {}

  /** The session of the request; 401 without one. */
  async session(asked: Asked) {
    const state = await this.clerk.authenticateRequest(this.request(asked), {
      acceptsToken: "session_token",
    });
    const auth = state.toAuth();
    if (!state.isAuthenticated || !auth?.userId) throw unauthenticated();
    return auth;
  }

  /** The organization of the request, by API key or session; 401 without either. */
  async organization(asked: Asked): Promise<{ organizationId: string; with: string }> {
    const state = await this.clerk.authenticateRequest(this.request(asked), {
      acceptsToken: ["api_key", "session_token"],
    });
    if (!state.isAuthenticated) throw unauthenticated();
    const auth = state.toAuth();
    if (!auth?.orgId) throw new Refused(403, "This is for organizations.");
    return { organizationId: auth.orgId, with: state.tokenType };
  }

  /** Only the bearer token: without cookies, no other site can act in a person's name. */
  private request(asked: Asked): Request {
    return new Request(new URL(asked.path, this.settings.NEXT_PUBLIC_APP_URL), {
      method: asked.method,
      headers: { authorization: asked.headers.get("authorization") ?? "" },
    });
  }
}

function unauthenticated(): Refused {
  return new Refused(401, "Sign in, or send an API key.", { "WWW-Authenticate": "Bearer" });
}
