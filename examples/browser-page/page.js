import * as Sentry from "@sentry/browser";

const dsn = new URLSearchParams(location.search).get("dsn") ?? "";
document.querySelector("#dsn").textContent =
  dsn === "" ? "Add ?dsn=… to the address, with a DSN of Mesher." : `Reports to ${new URL(dsn).host}.`;

Sentry.init({ dsn, environment: "development", release: "browser-page@1.0.0" });

document.querySelector("#break").addEventListener("click", function openCart() {
  const cart = undefined;
  document.title = `${cart.items.length} in the cart`;
});
