// Requests and answers: node's own on the one side, the web's on the other.
const LARGEST_BODY = 1_000_000; // bytes
export class Refused extends Error {
    status;
    headers;
    constructor(status, message, headers = {}) {
        super(message);
        this.status = status;
        this.headers = headers;
    }
}
export async function readRequest(incoming) {
    const chunks = [];
    let size = 0;
    for await (const chunk of incoming) {
        size += chunk.length;
        if (size > LARGEST_BODY)
            throw new Refused(413, "The body is too large.");
        chunks.push(chunk);
    }
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) {
        if (value !== undefined)
            headers.set(name, Array.isArray(value) ? value.join(", ") : value);
    }
    const path = new URL(incoming.url ?? "/", "http://app").pathname;
    return { method: incoming.method ?? "GET", path, headers, body: Buffer.concat(chunks).toString() };
}
export function send(outgoing, { status, body, headers = {} }) {
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
