/** Where the shop's own people work: PHP with Laravel. */
import type { Frame } from "@mesher/protocol";
import { appFrame, causeChain, handled, libraryFrame, type Source, stack, unhandled } from "./frames.ts";
import type { Service } from "./service.ts";

const REFUNDS: Source = {
  filename: "/app/Http/Controllers/RefundController.php",
  absPath: "/var/www/backoffice/app/Http/Controllers/RefundController.php",
  firstLine: 27,
  text: `    public function store(RefundRequest $request, Order $order): RedirectResponse
    {
        $refund = $order->refunds()->create([
            'amount' => $request->validated('amount'),
            'reason' => $request->validated('reason'),
            'clerk_id' => $request->user()->id,
        ]);

        RefundIssued::dispatch($refund);

        return redirect()->route('orders.show', $order);
    }`,
};

const SUPPLIERS: Source = {
  filename: "/app/Services/SupplierImport.php",
  absPath: "/var/www/backoffice/app/Services/SupplierImport.php",
  firstLine: 58,
  text: `    private function toSupplier(array $row): Supplier
    {
        return new Supplier(
            name: trim($row['name']),
            vatId: strtoupper($row['vat_id']),
            country: $row['country'] ?? 'DE',
        );
    }`,
};

const EXPORTS: Source = {
  filename: "/app/Jobs/ExportOrders.php",
  absPath: "/var/www/backoffice/app/Jobs/ExportOrders.php",
  firstLine: 33,
  text: `    public function handle(Filesystem $files): void
    {
        $path = 'exports/orders-' . $this->day->format('Y-m-d') . '.csv';
        $stream = $files->writeStream($path, $this->rows());
        if ($stream === false) {
            throw new ExportFailed("{$path} could not be written");
        }
    }`,
};

const VENDOR = "/vendor/laravel/framework/src/Illuminate";
const laravelCalls: readonly Frame[] = [
  libraryFrame({ filename: "/public/index.php" }, "{main}", 20),
  libraryFrame({ filename: `${VENDOR}/Pipeline/Pipeline.php` }, "Illuminate\\Pipeline\\Pipeline::then", 137),
  libraryFrame({ filename: `${VENDOR}/Routing/Controller.php` }, "Illuminate\\Routing\\Controller::callAction", 54),
];
const runQuery = libraryFrame(
  { filename: `${VENDOR}/Database/Connection.php` },
  "Illuminate\\Database\\Connection::runQueryCallback",
  824,
);
const runJob = libraryFrame(
  { filename: `${VENDOR}/Queue/CallQueuedHandler.php` },
  "Illuminate\\Queue\\CallQueuedHandler::call",
  70,
);

export const backoffice: Service = {
  name: "backoffice",
  platform: "php",
  sdk: {
    name: "sentry.php.laravel",
    version: "4.19.0",
    packages: [{ name: "composer:sentry/sentry-laravel", version: "4.19.0" }],
  },
  wire: { auth: "header", gzip: true },
  style: { times: "seconds", lists: "values" },
  hosts: ["backoffice-web-1"],
  releases: ["backoffice@8.3.1", "backoffice@8.3.0"],
  contexts: [
    {
      runtime: { name: "php", version: "8.4.14", sapi: "fpm-fcgi" },
      os: { name: "Linux", version: "6.12.48", build: "#1 SMP" },
    },
  ],
  breadcrumbs: [
    { category: "route", type: "navigation", message: "orders.show", data: { order: "{{order}}" } },
    { category: "sql.query", message: "select * from `orders` where `id` = ? limit 1" },
    { category: "sql.query", message: "select count(*) from `refunds` where `order_id` = ?" },
    { category: "cache", message: "Missed: clerk.{{pid}}.permissions" },
    { category: "log.info", message: "Clerk {{username}} opened order {{order}}" },
    { category: "queue.job", message: "App\\Jobs\\SendInvoice", data: { job: "{{uuid}}" } },
  ],
  modules: { "laravel/framework": "12.38.1", "sentry/sentry-laravel": "4.19.0" },
  problems: [
    {
      key: "refund-twice",
      weight: 16,
      level: "error",
      transaction: "POST /orders/{order}/refunds",
      exceptions: causeChain(
        "previous",
        {
          type: "PDOException",
          value:
            "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '{{order}}' for key 'refunds_order_id_unique'",
          ...stack(...laravelCalls, runQuery),
        },
        {
          type: "Illuminate\\Database\\UniqueConstraintViolationException",
          value: "Duplicate entry '{{order}}' for key 'refunds_order_id_unique' (Connection: mysql)",
          ...unhandled("generic"),
          ...stack(
            ...laravelCalls,
            appFrame(REFUNDS, "App\\Http\\Controllers\\RefundController::store", "$order->refunds()->create", {
              order: "Object App\\Models\\Order",
            }),
            runQuery,
          ),
        },
      ),
      request: {
        method: "POST",
        url: "https://backoffice.example/orders/{{order}}/refunds",
        data: { amount: "{{amount}}", reason: "damaged" },
      },
    },
    {
      key: "supplier-without-vat-id",
      weight: 8,
      level: "error",
      transaction: "POST /suppliers/import",
      exceptions: [
        {
          type: "ErrorException",
          value: 'Undefined array key "vat_id"',
          ...unhandled("generic"),
          ...stack(
            ...laravelCalls,
            appFrame(SUPPLIERS, "App\\Services\\SupplierImport::toSupplier", "$row['vat_id']", {
              row: { name: "Lamps & Co", country: "FR" },
            }),
          ),
        },
      ],
      request: { method: "POST", url: "https://backoffice.example/suppliers/import", query_string: "batch={{batch}}" },
    },
    {
      key: "export-failed",
      weight: 3,
      level: "error",
      transaction: "App\\Jobs\\ExportOrders",
      hasNoUser: true,
      exceptions: [
        {
          type: "App\\Exceptions\\ExportFailed",
          value: "exports/orders-2026-11-0{{item}}.csv could not be written",
          ...handled("generic"),
          ...stack(runJob, appFrame(EXPORTS, "App\\Jobs\\ExportOrders::handle", "throw new ExportFailed")),
        },
      ],
      extra: { attempts: "{{item}}" },
    },
  ],
};
