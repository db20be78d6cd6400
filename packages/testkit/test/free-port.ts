import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that the kernel gives to whoever asks for any: nobody else is given it meanwhile. */
const PORTS = { first: 10_000, count: 20_000 } as const;

/** A port that was free a moment ago, for servers that must know their own address before they start. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
