/** Writes invoices: Java with Spring Boot. Its frames have no source, as usual for Java. */
import type { Frame } from "@mesher/protocol";
import { causeChain, compiledFrame, handled, libraryFrame, stack, unhandled } from "./frames.ts";
import type { Service } from "./service.ts";

const invoices = { module: "com.example.shop.billing.InvoiceService", filename: "InvoiceService.java" };
const controller = { module: "com.example.shop.billing.web.InvoiceController", filename: "InvoiceController.java" };
const vat = { module: "com.example.shop.billing.tax.VatCalculator", filename: "VatCalculator.java" };
const importer = { module: "com.example.shop.billing.bank.StatementImporter", filename: "StatementImporter.java" };
const reports = { module: "com.example.shop.billing.report.YearReport", filename: "YearReport.java" };
const repository = { module: "com.example.shop.billing.InvoiceRepository", filename: "InvoiceRepository.java" };

const servletCalls: readonly Frame[] = [
  libraryFrame({ module: "java.lang.Thread", filename: "Thread.java" }, "run", 1474),
  libraryFrame(
    { module: "org.apache.catalina.core.StandardWrapperValve", filename: "StandardWrapperValve.java" },
    "invoke",
    165,
  ),
  libraryFrame(
    { module: "org.springframework.web.servlet.DispatcherServlet", filename: "DispatcherServlet.java" },
    "doDispatch",
    1089,
  ),
];
const hikari = libraryFrame(
  { module: "com.zaxxer.hikari.pool.HikariPool", filename: "HikariPool.java" },
  "getConnection",
  181,
);
const jdbc = libraryFrame(
  { module: "org.springframework.jdbc.core.JdbcTemplate", filename: "JdbcTemplate.java" },
  "execute",
  667,
);
const scheduled = libraryFrame(
  {
    module: "org.springframework.scheduling.support.ScheduledMethodRunnable",
    filename: "ScheduledMethodRunnable.java",
  },
  "run",
  124,
);

export const billing: Service = {
  name: "billing",
  platform: "java",
  sdk: {
    name: "sentry.java.spring-boot.jakarta",
    version: "8.26.0",
    packages: [{ name: "maven:io.sentry:sentry-spring-boot-starter-jakarta", version: "8.26.0" }],
    integrations: ["UncaughtExceptionHandler", "ShutdownHook", "Logback"],
  },
  wire: { auth: "header", gzip: true },
  style: { times: "iso", lists: "bare" },
  hosts: ["billing-0", "billing-1"],
  releases: ["billing@2026.11.2", "billing@2026.11.1", "billing@2026.10.4"],
  contexts: [
    {
      runtime: { name: "Eclipse Adoptium", version: "25.0.1" },
      os: { name: "Linux", version: "6.12.48" },
      spring: { active_profiles: ["k8s", "eu"] },
    },
  ],
  breadcrumbs: [
    { category: "http", type: "http", data: { method: "POST", url: "/invoices", status_code: 201 } },
    { category: "com.example.shop.billing.InvoiceService", message: "Invoice {{invoice}} written for order {{order}}" },
    { category: "com.example.shop.billing.InvoiceService", level: "debug", message: "Rounding {{amount}} to cents" },
    {
      category: "org.hibernate.SQL",
      level: "debug",
      message: "select i.id, i.total from invoices i where i.order_id = ?",
    },
    { category: "com.zaxxer.hikari.pool.HikariPool", level: "warning", message: "{{count}} connections in use" },
    { category: "http", type: "http", data: { method: "GET", url: "http://tax/rates", status_code: 200 } },
  ],
  problems: [
    {
      key: "invoice-not-written",
      weight: 22,
      level: "error",
      transaction: "POST /invoices",
      exceptions: causeChain(
        "cause",
        {
          type: "SQLTransientConnectionException",
          module: "java.sql",
          value: "HikariPool-1 - Connection is not available, request timed out after {{slow}}ms.",
          ...stack(...servletCalls, hikari),
        },
        {
          type: "CannotGetJdbcConnectionException",
          module: "org.springframework.jdbc",
          value: "Failed to obtain JDBC Connection",
          ...stack(...servletCalls, compiledFrame(repository, "save", 58), jdbc),
        },
        {
          type: "BillingException",
          module: "com.example.shop.billing",
          value: "Invoice {{invoice}} for order {{order}} was not written",
          ...unhandled("Spring6ExceptionResolver"),
          ...stack(...servletCalls, compiledFrame(controller, "create", 44), compiledFrame(invoices, "write", 131)),
        },
      ),
      request: { method: "POST", url: "http://billing/invoices", data: { order: "{{order}}", total: "{{amount}}" } },
      comesInBursts: true,
    },
    {
      key: "no-vat-rate",
      weight: 9,
      level: "error",
      transaction: "POST /invoices",
      exceptions: [
        {
          type: "NullPointerException",
          module: "java.lang",
          value: 'Cannot invoke "com.example.shop.billing.tax.VatRate.percent()" because "rate" is null',
          ...unhandled("Spring6ExceptionResolver"),
          ...stack(
            ...servletCalls,
            compiledFrame(controller, "create", 44),
            compiledFrame(invoices, "write", 119),
            compiledFrame(vat, "grossOf", 37),
          ),
        },
      ],
      request: { method: "POST", url: "http://billing/invoices", data: { order: "{{order}}", country: "GR" } },
    },
    {
      key: "bank-statement-unreadable",
      weight: 5,
      level: "error",
      transaction: "StatementImporter.importAll",
      hasNoUser: true,
      logger: "com.example.shop.billing.bank.StatementImporter",
      exceptions: causeChain(
        "cause",
        {
          type: "DateTimeParseException",
          module: "java.time.format",
          value: "Text '31.02.2026' could not be parsed at index {{item}}",
          ...stack(
            scheduled,
            compiledFrame(importer, "parseLine", 96),
            libraryFrame(
              { module: "java.time.format.DateTimeFormatter", filename: "DateTimeFormatter.java" },
              "parse",
              1862,
            ),
          ),
        },
        {
          type: "StatementException",
          module: "com.example.shop.billing.bank",
          value: "Line {{batch}} of the bank's statement cannot be read",
          ...handled("logback"),
          ...stack(scheduled, compiledFrame(importer, "importAll", 52), compiledFrame(importer, "parseLine", 101)),
        },
      ),
      tags: { bank: "example-bank" },
    },
    {
      key: "out-of-memory",
      weight: 1,
      level: "fatal",
      transaction: "YearReport.build",
      hasNoUser: true,
      exceptions: [
        {
          type: "OutOfMemoryError",
          module: "java.lang",
          value: "Java heap space",
          ...unhandled("UncaughtExceptionHandler"),
          ...stack(
            scheduled,
            compiledFrame(reports, "build", 73),
            compiledFrame(reports, "collectLines", 112),
            libraryFrame({ module: "java.util.ArrayList", filename: "ArrayList.java" }, "grow", 238),
          ),
        },
      ],
    },
  ],
};
