/** A small shop that reports what goes wrong in it. `PORT` (3000) and `MESHER_DSN` are environment variables. */
import { createServer } from "node:http";
import * as Sentry from "@sentry/node";

Sentry.init({
  dsn: process.env.MESHER_DSN,
  environment: process.env.NODE_ENV ?? "development",
  release: "node-app@1.0.0",
});

const STOCK = new Map([["pears", 3]]);

function orderOf(url) {
  const fruit = url.searchParams.get("fruit") ?? "pears";
  Sentry.addBreadcrumb({ category: "shop", message: `Somebody wants ${fruit}`, level: "info" });
  const stock = STOCK.get(fruit);
  if (stock === undefined) throw new TypeError(`Nobody sells ${fruit}`);
  return `You get one of ${stock} ${fruit}.\n`;
}

const server = createServer((request, response) => {
  Sentry.withScope((scope) => {
    scope.setTag("route", request.url.split("?")[0]);
    try {
      response.end(orderOf(new URL(request.url, "http://localhost")));
    } catch (error) {
      const eventId = Sentry.captureException(error);
      response.writeHead(500).end(`Something went wrong. Say this when you ask for help: ${eventId}\n`);
    }
  });
});

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`The shop is open at http://localhost:${server.address().port}/?fruit=pears`);
});

process.once("SIGTERM", () => {
  server.close();
  // Sends what is not sent yet.
  void Sentry.close(2000);
});
