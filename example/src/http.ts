// Converts node's requests and responses to and from those of the web.

import type { IncomingMessage, ServerResponse } from "node:http";

const LARGEST_BODY = 1_000_000; // bytes

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

export interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

export interface Answered {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export async function readRequest(incoming: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > LARGEST_BODY) throw new Refused(413, "The body is too large.");
    chunks.push(chunk as Buffer);
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const path = new URL(incoming.url ?? "/", "http://app").pathname;
  return { method: incoming.method ?? "GET", path, headers, body: Buffer.concat(chunks).toString() };
}

export function send(outgoing: ServerResponse, { status, body, headers = {} }: Answered): void {
  if (body === undefined) {
    outgoing.writeHead(status, headers).end();
    return;
  }
  const text = JSON.stringify(body);
  outgoing
    .writeHead(status, {
      "Content-Type": "application/json",
      "Content-Length": String(Buffer.byteLength(text)),
      "Cache-Control": "no-store",
      ...headers,
    })
    .end(text);
}
