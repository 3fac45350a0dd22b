// POST /api/webhooks/clerk: Clerk's events, signed by Svix.

import type { ClerkClient } from "@clerk/backend";
import { Webhook } from "svix";

import { type Answered, type Asked, Refused } from "./http.js";

const SANDBOX = "Sandbox";
const PAGE = 100; // the most that Clerk lists at once

interface Event {
  type: string;
  data: { id?: string };
}

export class Webhooks {
  // Svix may deliver an event twice, even at the same time: mint only one key.
  private readonly minting = new Map<string, Promise<void>>();

  constructor(
    private readonly clerk: ClerkClient,
    private readonly secret: string,
  ) {}

  async receive(asked: Asked): Promise<Answered> {
    const event = this.verified(asked);
    if (event.type === "organization.created" && event.data.id) {
      await this.mintSandboxKey(event.data.id);
    }
    return { status: 200, body: { received: event.type } };
  }

  private verified(asked: Asked): Event {
    const names = ["svix-id", "svix-timestamp", "svix-signature"];
    const headers = Object.fromEntries(names.map((name) => [name, asked.headers.get(name) ?? ""]));
    try {
      return new Webhook(this.secret).verify(asked.body, headers) as Event;
    } catch {
      throw new Refused(400, "This message is not signed with the secret of this deployment.");
    }
  }

  private async mintSandboxKey(organizationId: string): Promise<void> {
    const running = this.minting.get(organizationId);
    if (running) return running;
    const minted = this.mintUnlessThere(organizationId);
    this.minting.set(organizationId, minted);
    try {
      await minted;
    } finally {
      this.minting.delete(organizationId);
    }
  }

  private async mintUnlessThere(organizationId: string): Promise<void> {
    for (let offset = 0; ; offset += PAGE) {
      const page = await this.clerk.apiKeys.list({ subject: organizationId, limit: PAGE, offset });
      if (page.data.some((key) => key.claims?.type === "sandbox")) return;
      if (page.data.length < PAGE) break;
    }
    await this.clerk.apiKeys.create({
      name: SANDBOX,
      subject: organizationId,
      claims: { type: "sandbox" },
    });
  }
}
