/**
 * The script of a page that uses a stock @sentry/browser. `dsn` and `tunnel` stand in the page's address; what is sent
 * is kept in `window.sentEvents`.
 */
import * as Sentry from "@sentry/browser";

const parameters = new URLSearchParams(location.search);
const tunnel = parameters.get("tunnel");

const client = Sentry.init({
  dsn: parameters.get("dsn"),
  ...(tunnel === null ? {} : { tunnel }),
  release: "shop-front@4.5.6",
  environment: "production",
});
window.sentEvents = [];
client.on("beforeEnvelope", ([, items]) => {
  for (const [header, payload] of items) {
    if (header.type === "event") window.sentEvents.push(JSON.parse(JSON.stringify(payload)));
  }
});
Sentry.setUser({ id: "7", username: "joe" });
Sentry.setTag("shop", "north");

function openCart(id) {
  return readCart(id).items.length;
}

function readCart(id) {
  if (id > 0) throw new TypeError(`Cart ${id} has no items`);
  return { items: [] };
}

function onClick(id, act) {
  document.querySelector(`#${id}`).addEventListener("click", act);
}

onClick("throw", function openCartOnClick() {
  openCart(12);
});
onClick("reject", function payOnClick() {
  void Promise.reject(new RangeError("Card is declined"));
});
onClick("message", () => Sentry.captureMessage("Cart is slow", "warning"));
onClick("three", async () => {
  for (const message of ["First", "Second", "Third"]) {
    Sentry.captureMessage(message);
    await Sentry.flush(60_000);
  }
  document.title = "three sent";
});
document.title = "ready";
