// POST /api/mcp: a server of the Model Context Protocol over streamable HTTP, with one tool.
// Each request is answered at once as JSON, without sessions.

import type { Access } from "./access.js";
import { type Answered, type Asked, Refused } from "./http.js";

const VERSIONS = ["2025-06-18", "2025-03-26"];
const TOOL = {
  name: "workspace",
  description: "Tells which organization's workspace this connection works in.",
  inputSchema: { type: "object", properties: {}, additionalProperties: false },
};
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const NO_SUCH_METHOD = -32601;
const INVALID_PARAMS = -32602;

interface Message {
  jsonrpc?: unknown;
  id?: string | number | null;
  method?: unknown;
  params?: Record<string, unknown>;
}

export async function answerMcp(asked: Asked, access: Access): Promise<Answered> {
  if (asked.method !== "POST") throw new Refused(405, "POST only.", { Allow: "POST" });
  const who = await access.organization(asked);
  let message: Message;
  try {
    message = JSON.parse(asked.body) as Message;
  } catch {
    return failed(null, PARSE_ERROR, "This is no JSON.", 400);
  }
  if (message?.jsonrpc !== "2.0" || typeof message.method !== "string") {
    return failed(null, INVALID_REQUEST, "This is no request of JSON-RPC 2.0.", 400);
  }
  if (message.id === undefined || message.id === null) return { status: 202 };
  const { id, method, params = {} } = message;
  switch (method) {
    case "initialize":
      return done(id, {
        protocolVersion: VERSIONS.find((each) => each === params.protocolVersion) ?? VERSIONS[0],
        capabilities: { tools: {} },
        serverInfo: { name: "sendero", version: "0.0.0" },
      });
    case "ping":
      return done(id, {});
    case "tools/list":
      return done(id, { tools: [TOOL] });
    case "tools/call":
      if (params.name !== TOOL.name) {
        return failed(id, INVALID_PARAMS, `There is no tool ${String(params.name)}.`);
      }
      return done(id, {
        content: [{ type: "text", text: JSON.stringify(who) }],
        structuredContent: who,
        isError: false,
      });
    default:
      return failed(id, NO_SUCH_METHOD, `There is no method ${method}.`);
  }
}

function done(id: string | number, result: unknown): Answered {
  return { status: 200, body: { jsonrpc: "2.0", id, result } };
}

function failed(
  id: string | number | null,
  code: number,
  message: string,
  status = 200,
): Answered {
  return { status, body: { jsonrpc: "2.0", id, error: { code, message } } };
}
