// Starts the app at 127.0.0.1:PORT. On SIGTERM it finishes its requests and ends.

import { createServer } from "node:http";

import { clerkOf } from "./access.js";
import { readRequest, Refused, send } from "./http.js";
import { routesOf } from "./routes.js";
import { readSettings, type Settings } from "./settings.js";

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

const settings = settingsOrExit();
const answer = routesOf(settings, clerkOf(settings));

const server = createServer(async (incoming, outgoing) => {
  try {
    send(outgoing, await answer(await readRequest(incoming)));
  } catch (error) {
    if (error instanceof Refused) {
      send(outgoing, {
        status: error.status,
        body: { error: error.message },
        headers: error.headers,
      });
    } else {
      // The message of a failed request to Clerk says what failed, and contains no key.
      console.error(`${incoming.method} ${incoming.url}: ${(error as Error).message}`);
      send(outgoing, { status: 500, body: { error: "Something went wrong." } });
    }
  }
});

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : "";
  console.log(`listening on http://127.0.0.1:${port}`);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
