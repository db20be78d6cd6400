/** The shop's pages in the browser: React, partly with source maps, partly minified. */
import { appFrame, compiledFrame, handled, libraryFrame, type Source, stack, unhandled } from "./frames.ts";
import type { Service } from "./service.ts";

const CART_SUMMARY: Source = {
  filename: "./src/cart/cart-summary.tsx",
  absPath: "webpack:///./src/cart/cart-summary.tsx",
  module: "src/cart/cart-summary",
  firstLine: 18,
  text: `export function CartSummary({ cart, currency }) {
  const offers = useOffers(cart.id);
  const lines = cart.lines.map((line) => toLine(line, offers));
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  return <Summary lines={lines} total={formatMoney(total, currency)} />;
}

function toLine(line, offers) {
  const offer = offers.find((each) => each.sku === line.sku);
  const price = offer.price * line.quantity;
  return { ...line, total: price, saved: line.listPrice - price };
}`,
};

const SEARCH_BOX: Source = {
  filename: "./src/search/search-box.tsx",
  absPath: "webpack:///./src/search/search-box.tsx",
  module: "src/search/search-box",
  firstLine: 41,
  text: `async function loadSuggestions(text, signal) {
  const query = new URLSearchParams({ q: text, limit: "8" });
  const response = await fetch("/api/suggest?" + query, { signal });
  if (!response.ok) throw new Error("suggest " + response.status);
  return response.json();
}

export function useSuggestions(text) {
  const [found, setFound] = useState([]);
  useEffect(() => {
    const controller = new AbortController();
    loadSuggestions(text, controller.signal).then(setFound);
    return () => controller.abort();
  }, [text]);
  return found;
}`,
};

const REACT_DOM = {
  filename: "./node_modules/react-dom/cjs/react-dom.production.js",
  abs_path: "webpack:///./node_modules/react-dom/cjs/react-dom.production.js",
};
const BUNDLE = {
  filename: "https://shop.example/assets/index-b7c1f09e.js",
  abs_path: "https://shop.example/assets/index-b7c1f09e.js",
};
const ROUTER_LOADER = {
  filename: "./src/app/router.tsx",
  abs_path: "webpack:///./src/app/router.tsx",
  module: "src/app/router",
};

export const storefront: Service = {
  name: "storefront",
  platform: "javascript",
  sdk: {
    name: "sentry.javascript.react",
    version: "10.26.0",
    packages: [{ name: "npm:@sentry/react", version: "10.26.0" }],
    integrations: ["InboundFilters", "Breadcrumbs", "GlobalHandlers", "LinkedErrors", "HttpContext", "BrowserTracing"],
  },
  wire: { auth: "query", gzip: false },
  style: { times: "seconds", lists: "bare" },
  hosts: [],
  releases: ["storefront@4.18.2", "storefront@4.18.1", "storefront@4.17.0"],
  contexts: [
    { browser: { name: "Chrome", version: "142.0.0" }, os: { name: "Windows", version: "11" } },
    { browser: { name: "Safari", version: "26.1" }, os: { name: "iOS", version: "26.1" } },
    { browser: { name: "Firefox", version: "145.0" }, os: { name: "Ubuntu", version: "24.04" } },
    { browser: { name: "Chrome Mobile", version: "142.0.0" }, os: { name: "Android", version: "16" } },
  ],
  breadcrumbs: [
    { category: "navigation", data: { from: "/", to: "/products/{{sku}}" } },
    { category: "navigation", data: { from: "/products/{{sku}}", to: "/cart" } },
    { category: "ui.click", message: "button.add-to-cart > span" },
    { category: "ui.click", message: "nav.main > a[href='/offers']" },
    { category: "ui.input", message: "input#search[name='q']" },
    { category: "fetch", type: "http", data: { method: "GET", url: "/api/products/{{sku}}", status_code: 200 } },
    { category: "fetch", type: "http", data: { method: "POST", url: "/api/cart/{{uuid}}", status_code: 204 } },
    { category: "console", level: "warning", message: "Image of {{sku}} loaded late: {{millis}} ms" },
  ],
  problems: [
    {
      key: "offer-without-price",
      weight: 100,
      level: "error",
      transaction: "/cart",
      exceptions: [
        {
          type: "TypeError",
          value: "Cannot read properties of undefined (reading 'price')",
          ...unhandled("auto.browser.global_handlers.onerror"),
          ...stack(
            libraryFrame(REACT_DOM, "workLoopSync", 12_417),
            libraryFrame(REACT_DOM, "renderWithHooks", 4321),
            appFrame(CART_SUMMARY, "CartSummary", "cart.lines.map"),
            appFrame(CART_SUMMARY, "toLine", "offer.price"),
          ),
        },
      ],
      request: { method: "GET", url: "https://shop.example/cart?session={{session}}" },
    },
    {
      key: "suggest-failed",
      weight: 44,
      level: "error",
      transaction: "/search",
      exceptions: [
        {
          type: "TypeError",
          value: "Failed to fetch (shop.example)",
          ...unhandled("auto.browser.global_handlers.onunhandledrejection"),
          ...stack(appFrame(SEARCH_BOX, "loadSuggestions", 'fetch("/api/suggest?"')),
        },
      ],
      request: { method: "GET", url: "https://shop.example/search?q=lamp&page={{count}}" },
      comesInBursts: true,
    },
    {
      key: "chunk-load",
      weight: 28,
      level: "error",
      transaction: "/checkout",
      exceptions: [
        {
          type: "ChunkLoadError",
          value: "Loading chunk {{chunk}} failed. (error: https://shop.example/assets/checkout-{{hash}}.js)",
          ...unhandled("auto.function.react.error_boundary"),
          ...stack(
            compiledFrame(ROUTER_LOADER, "loadCheckout", 64, 22),
            libraryFrame({ filename: "webpack/runtime/ensure chunk" }, "__webpack_require__.e", 7),
          ),
        },
      ],
      request: { method: "GET", url: "https://shop.example/checkout" },
    },
    {
      key: "minified",
      weight: 17,
      level: "error",
      transaction: "/products/:sku",
      exceptions: [
        {
          type: "TypeError",
          value: "t.variants.at is not a function",
          ...unhandled("auto.browser.global_handlers.onerror"),
          ...stack(
            compiledFrame(BUNDLE, "Wo", 1, 148_213),
            compiledFrame(BUNDLE, "n.render", 1, 201_776),
            compiledFrame(BUNDLE, "?", 1, 201_102),
          ),
        },
      ],
      request: { method: "GET", url: "https://shop.example/products/{{sku}}" },
    },
    {
      key: "quota-exceeded",
      weight: 6,
      level: "error",
      transaction: "/products/:sku",
      exceptions: [
        {
          type: "QuotaExceededError",
          value: "Failed to execute 'setItem' on 'Storage': Setting the value of 'recently-viewed' exceeded the quota.",
          ...handled("generic"),
          ...stack(
            compiledFrame(
              { filename: "./src/products/recent.ts", module: "src/products/recent" },
              "rememberViewed",
              12,
              16,
            ),
          ),
        },
      ],
      request: { method: "GET", url: "https://shop.example/products/{{sku}}" },
    },
    {
      key: "slow-page",
      weight: 9,
      level: "warning",
      transaction: "/products/:sku",
      message: "Largest contentful paint took {{slow}} ms on /products/{{sku}}",
      request: { method: "GET", url: "https://shop.example/products/{{sku}}" },
    },
  ],
};
