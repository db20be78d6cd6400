/** Takes orders and money: Node with Express and PostgreSQL. */
import { appFrame, causeChain, handled, libraryFrame, type Source, stack, unhandled } from "./frames.ts";
import type { Service } from "./service.ts";

const PAY_ORDER: Source = {
  filename: "/srv/checkout/src/payments/pay-order.ts",
  absPath: "/srv/checkout/src/payments/pay-order.ts",
  module: "payments:pay-order",
  firstLine: 22,
  text: `export async function payOrder(order: Order, card: CardToken): Promise<Receipt> {
  const amount = toMinorUnits(order.total, order.currency);
  const charge = await gateway.charge({ amount, card, reference: order.id });
  if (charge.status === "declined") {
    throw new PaymentDeclinedError(order.id, charge.reason);
  }
  await recordCharge(order.id, charge);
  return toReceipt(order, charge);
}`,
};

const SAVE_ORDER: Source = {
  filename: "/srv/checkout/src/orders/save-order.ts",
  absPath: "/srv/checkout/src/orders/save-order.ts",
  module: "orders:save-order",
  firstLine: 9,
  text: `export async function saveOrder(order: Order): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(INSERT_ORDER, [order.id, order.customerId, order.total]);
    await insertLines(client, order.lines);
  } catch (cause) {
    throw new OrderNotSavedError("Order " + order.id + " could not be saved", { cause });
  } finally {
    client.release();
  }
}`,
};

const SHIPPING: Source = {
  filename: "/srv/checkout/src/shipping/rates.ts",
  absPath: "/srv/checkout/src/shipping/rates.ts",
  module: "shipping:rates",
  firstLine: 31,
  text: `export function findRates(order: Order): Rate[] {
  const address = order.shippingAddress;
  // Guests who pick up in a store have no address.
  const zone = ZONES.get(address.country);
  if (zone === undefined) return [];
  return zone.rates.filter((rate) => rate.maxGrams >= weigh(order));
}`,
};

const ROUTES: Source = {
  filename: "/srv/checkout/src/http/routes.ts",
  absPath: "/srv/checkout/src/http/routes.ts",
  module: "http:routes",
  firstLine: 54,
  text: `router.post("/orders/:id/pay", requireLogin, async (request, response) => {
  const order = await getOrder(request.params.id);
  const receipt = await payOrder(order, request.body.card);
  response.status(201).json(receipt);
});

router.post("/orders", requireLogin, async (request, response) => {
  const order = buildOrder(request.body, request.login);
  await saveOrder(order);
  const rates = findRates(order);
  const tax = await fetchTax(order);
  response.status(201).json({ order, rates, tax });
});`,
};

const TAX: Source = {
  filename: "/srv/checkout/src/tax/fetch-tax.ts",
  absPath: "/srv/checkout/src/tax/fetch-tax.ts",
  module: "tax:fetch-tax",
  firstLine: 14,
  text: `export async function fetchTax(order: Order): Promise<Tax> {
  const response = await withDeadline(TAX_WAIT_MS, (signal) => fetch(taxUrl(order), { signal }));
  if (!response.ok) throw new UpstreamError("tax-service", response.status);
  return parseTax(await response.json());
}`,
};

const CATEGORIES: Source = {
  filename: "/srv/checkout/src/catalog/categories.ts",
  absPath: "/srv/checkout/src/catalog/categories.ts",
  module: "catalog:categories",
  firstLine: 77,
  text: `function pathOf(category: Category): string[] {
  if (category.parent === undefined) return [category.name];
  return [...pathOf(category.parent), category.name];
}`,
};

const EXPRESS = {
  filename: "/srv/checkout/node_modules/express/lib/router/layer.js",
  module: "express.lib.router:layer",
};
const PG = { filename: "/srv/checkout/node_modules/pg/lib/client.js", module: "pg.lib:client" };
const NODE_TIMERS = { filename: "node:internal/process/task_queues" };

const PAY_REQUEST = {
  method: "POST",
  url: "https://shop.example/api/orders/{{order}}/pay",
  headers: { "Content-Type": "application/json", "User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0" },
  data: { card: "tok_{{hash}}", amount: "{{amount}}", currency: "EUR" },
};
const ORDER_REQUEST = {
  method: "POST",
  url: "https://shop.example/api/orders",
  headers: { "Content-Type": "application/json" },
  data: { customer: "{{customer}}", lines: [{ sku: "{{sku}}", quantity: "{{count}}" }] },
};

const expressCall = libraryFrame(EXPRESS, "Layer.handle [as handle_request]", 95);

export const checkoutApi: Service = {
  name: "checkout-api",
  platform: "node",
  sdk: {
    name: "sentry.javascript.node",
    version: "10.26.0",
    packages: [{ name: "npm:@sentry/node", version: "10.26.0" }],
    integrations: ["Http", "Express", "Postgres", "ContextLines", "LocalVariables", "OnUncaughtException"],
  },
  wire: { auth: "header", gzip: false },
  style: { times: "seconds", lists: "bare" },
  hosts: ["checkout-7d9f6-2xkpl", "checkout-7d9f6-m4vzt", "checkout-7d9f6-qq8rw"],
  releases: ["checkout-api@2.41.0", "checkout-api@2.40.3", "checkout-api@2.40.2"],
  contexts: [
    {
      runtime: { name: "node", version: "v24.11.1" },
      os: { name: "Linux", version: "6.12.48", kernel_version: "6.12.48" },
      app: { app_memory: 187_432_960 },
      device: { arch: "x64", processor_count: 4 },
    },
  ],
  breadcrumbs: [
    {
      category: "http",
      type: "http",
      data: { method: "GET", url: "http://inventory/stock/{{sku}}", status_code: 200 },
    },
    { category: "http", type: "http", data: { method: "GET", url: "http://tax/rates?country=DE", status_code: 200 } },
    { category: "query", message: "select * from carts where id = $1", data: { duration_ms: "{{millis}}" } },
    { category: "query", message: "update carts set touched_at = now() where id = $1" },
    { category: "console", message: "cart {{uuid}} loaded with {{count}} lines" },
    { category: "console", level: "warning", message: "pool is busy: {{count}} waiting" },
    { category: "auth", message: "customer {{customer}} logged in" },
  ],
  modules: { express: "5.1.0", pg: "8.16.3", stripe: "19.3.0", pino: "10.1.0" },
  problems: [
    {
      key: "payment-declined",
      weight: 56,
      level: "warning",
      transaction: "POST /orders/:id/pay",
      exceptions: [
        {
          type: "PaymentDeclinedError",
          value: "Card declined for order {{order}}: insufficient_funds",
          ...handled("generic"),
          ...stack(
            expressCall,
            appFrame(ROUTES, "<anonymous>", "await payOrder(order"),
            appFrame(PAY_ORDER, "payOrder", "throw new PaymentDeclinedError", {
              order: { id: "{{order}}", total: "{{amount}}", currency: "EUR" },
              charge: { status: "declined", reason: "insufficient_funds" },
            }),
          ),
        },
      ],
      request: PAY_REQUEST,
      tags: { payment_provider: "stripe" },
    },
    {
      key: "order-not-saved",
      weight: 24,
      level: "error",
      transaction: "POST /orders",
      exceptions: causeChain(
        "cause",
        {
          type: "Error",
          value: "timeout exceeded when trying to connect to 10.3.0.{{count}}:5432",
          ...stack(
            libraryFrame(NODE_TIMERS, "process.processTicksAndRejections", 105),
            libraryFrame(PG, "Client._handleErrorWhileConnecting", 318),
          ),
        },
        {
          type: "OrderNotSavedError",
          value: "Order {{order}} could not be saved",
          ...stack(
            expressCall,
            appFrame(ROUTES, "<anonymous>", "await saveOrder(order"),
            appFrame(SAVE_ORDER, "saveOrder", "throw new OrderNotSavedError", {
              order: { id: "{{order}}", customerId: "{{customer}}", total: "{{amount}}" },
            }),
          ),
        },
      ),
      request: ORDER_REQUEST,
      comesInBursts: true,
    },
    {
      key: "no-address",
      weight: 12,
      level: "error",
      transaction: "POST /orders",
      exceptions: [
        {
          type: "TypeError",
          value: "Cannot read properties of null (reading 'country')",
          ...unhandled("auto.http.express"),
          ...stack(
            expressCall,
            appFrame(ROUTES, "<anonymous>", "findRates(order)"),
            appFrame(SHIPPING, "findRates", "ZONES.get(address.country)", {
              order: { id: "{{order}}", shippingAddress: null },
              address: null,
            }),
          ),
        },
      ],
      request: ORDER_REQUEST,
    },
    {
      key: "tax-service-slow",
      weight: 15,
      level: "error",
      transaction: "POST /orders",
      // What fails is the other side, whichever way it shows; so the client asks for one issue.
      fingerprint: ["upstream", "tax-service"],
      exceptions: [
        {
          type: "UpstreamError",
          value: "tax-service gave no answer for order {{order}} within {{slow}} ms",
          ...handled("generic"),
          ...stack(
            appFrame(ROUTES, "<anonymous>", "await fetchTax(order)"),
            appFrame(TAX, "fetchTax", "await withDeadline"),
          ),
        },
      ],
      request: ORDER_REQUEST,
      tags: { upstream: "tax-service" },
    },
    {
      key: "category-circle",
      weight: 2,
      level: "fatal",
      transaction: "categories.refresh",
      hasNoUser: true,
      exceptions: [
        {
          type: "RangeError",
          value: "Maximum call stack size exceeded",
          ...unhandled("auto.node.onuncaughtexception"),
          ...stack(
            ...Array.from({ length: 12 }, () => appFrame(CATEGORIES, "pathOf", "...pathOf(category.parent)")),
            appFrame(CATEGORIES, "pathOf", "category.parent === undefined"),
          ),
        },
      ],
      extra: { heap_used_mb: "{{millis}}" },
    },
  ],
};
