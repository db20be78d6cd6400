/** Knows what lies on which shelf: Go. */
import { appFrame, causeChain, handled, libraryFrame, type Source, stack, unhandled } from "./frames.ts";
import type { Service } from "./service.ts";

const RESERVE: Source = {
  filename: "stock/reserve.go",
  absPath: "/src/inventory/stock/reserve.go",
  module: "shop.example/inventory/stock",
  firstLine: 36,
  text: `func (s *Store) Reserve(ctx context.Context, sku string, count int) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("reserve %s: %w", sku, err)
	}
	defer tx.Rollback()

	row := tx.QueryRowContext(ctx, selectForUpdate, sku)
	var left int
	if err := row.Scan(&left); err != nil {
		return fmt.Errorf("reserve %s: %w", sku, err)
	}
	return tx.Commit()
}`,
};

const HANDLER: Source = {
  filename: "http/reservations.go",
  absPath: "/src/inventory/http/reservations.go",
  module: "shop.example/inventory/http",
  firstLine: 19,
  text: `func (h *Handler) PostReservation(w http.ResponseWriter, r *http.Request) {
	var body reservation
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	if err := h.store.Reserve(r.Context(), body.SKU, body.Count); err != nil {
		sentry.CaptureException(err)
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}`,
};

const SHELVES: Source = {
  filename: "shelves/route.go",
  absPath: "/src/inventory/shelves/route.go",
  module: "shop.example/inventory/shelves",
  firstLine: 71,
  text: `// Route gives the shortest way past all shelves of a pick list.
func Route(list []Pick, shelves []Shelf) []Step {
	steps := make([]Step, 0, len(list))
	for _, pick := range list {
		shelf := shelves[pick.ShelfIndex]
		steps = append(steps, Step{Shelf: shelf, SKU: pick.SKU})
	}
	return shorten(steps)
}`,
};

const GO_HTTP = {
  filename: "net/http/server.go",
  abs_path: "/usr/local/go/src/net/http/server.go",
  module: "net/http",
};
const serveHttp = libraryFrame(GO_HTTP, "HandlerFunc.ServeHTTP", 2322);

const RESERVATION_REQUEST = {
  method: "POST",
  url: "http://inventory/reservations",
  headers: { "User-Agent": "checkout-api/2.41.0", "Content-Type": "application/json" },
  data: '{"sku":"{{sku}}","count":{{count}}}',
};

export const inventory: Service = {
  name: "inventory",
  platform: "go",
  sdk: {
    name: "sentry.go",
    version: "0.40.0",
    packages: [{ name: "sentry-go", version: "0.40.0" }],
    integrations: ["ContextifyFrames", "Environment", "IgnoreErrors", "Modules"],
  },
  wire: { auth: "header", gzip: false },
  style: { times: "iso", lists: "bare" },
  hosts: ["inventory-5c8d", "inventory-9b2e", "inventory-e71a"],
  releases: ["inventory@0.31.0", "inventory@0.30.2"],
  contexts: [
    {
      runtime: { name: "go", version: "go1.25.4", go_numroutines: 148, go_maxprocs: 4 },
      os: { name: "linux" },
      device: { arch: "amd64", num_cpu: 4 },
    },
  ],
  breadcrumbs: [
    { category: "http", type: "http", data: { method: "GET", url: "/stock/{{sku}}", status_code: 200 } },
    { category: "http", type: "http", data: { method: "POST", url: "/reservations", status_code: 201 } },
    { category: "sql", message: "SELECT left FROM stock WHERE sku = $1 FOR UPDATE" },
    { category: "stock", message: "{{count}} of {{sku}} reserved for order {{order}}" },
    { category: "shelves", message: "pick list of {{count}} items routed" },
    { category: "kafka", level: "warning", message: "consumer lags by {{millis}} messages" },
  ],
  modules: { "github.com/getsentry/sentry-go": "v0.40.0", "github.com/jackc/pgx/v5": "v5.7.6" },
  problems: [
    {
      key: "reserve-deadline",
      weight: 27,
      level: "error",
      transaction: "POST /reservations",
      exceptions: causeChain(
        "unwrap",
        { type: "context.deadlineExceededError", value: "context deadline exceeded" },
        {
          type: "*fmt.wrapError",
          value: "reserve {{sku}}: context deadline exceeded",
          ...handled("generic"),
          ...stack(
            serveHttp,
            appFrame(HANDLER, "(*Handler).PostReservation", "h.store.Reserve("),
            appFrame(RESERVE, "(*Store).Reserve", "s.db.BeginTx(ctx"),
          ),
        },
      ),
      request: RESERVATION_REQUEST,
      comesInBursts: true,
    },
    {
      key: "unknown-sku",
      weight: 13,
      level: "warning",
      transaction: "POST /reservations",
      exceptions: causeChain(
        "unwrap",
        { type: "*errors.errorString", value: "sql: no rows in result set" },
        {
          type: "*stock.UnknownSKUError",
          value: "{{sku}} is on no shelf",
          ...handled("generic"),
          ...stack(
            serveHttp,
            appFrame(HANDLER, "(*Handler).PostReservation", "h.store.Reserve("),
            appFrame(RESERVE, "(*Store).Reserve", "row.Scan(&left)"),
          ),
        },
      ),
      request: RESERVATION_REQUEST,
    },
    {
      key: "shelf-out-of-range",
      weight: 3,
      level: "fatal",
      transaction: "GET /pick-lists/{id}",
      hasNoUser: true,
      exceptions: [
        {
          type: "runtime.boundsError",
          value: "runtime error: index out of range [{{count}}] with length {{item}}",
          ...unhandled("recover"),
          ...stack(serveHttp, appFrame(SHELVES, "Route", "shelves[pick.ShelfIndex]")),
        },
      ],
      request: { method: "GET", url: "http://inventory/pick-lists/{{order}}" },
    },
    {
      key: "stock-low",
      weight: 14,
      level: "info",
      transaction: "stock.Watch",
      hasNoUser: true,
      message: "Stock of {{sku}} is low: {{item}} left",
      tags: { warehouse: "{{city}}" },
    },
  ],
};
