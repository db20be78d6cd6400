/** A browser's report about a violated policy, as an event that SDKs could have sent. After relay's `security_report.rs`. */
export type SecurityEvent = Readonly<Record<string, unknown>>;

/**
 * The events in a body of a browser: one report of the kinds that name themselves by a key (`csp-report`,
 * `expect-ct-report`, `expect-staple-report`, `known-pins`), or one or many of the Reporting API
 * (`csp-violation`, `network-error`). `undefined` stands for each report of a kind that is not kept.
 */
export function convertSecurityReports(body: unknown): (SecurityEvent | undefined)[] {
  const reports: readonly unknown[] = Array.isArray(body) ? body : [body];
  return reports.map((report) => (isObject(report) ? convertReport(report) : undefined));
}

function convertReport(report: Fields): SecurityEvent | undefined {
  if (isObject(report["csp-report"])) return cspEvent(report["csp-report"]);
  if (isObject(report["expect-ct-report"])) return expectEvent("expectct", "Expect-CT", report["expect-ct-report"]);
  if (isObject(report["expect-staple-report"])) {
    return expectEvent("expectstaple", "Expect-Staple", report["expect-staple-report"]);
  }
  if (Array.isArray(report["known-pins"])) return hpkpEvent(report);
  if (!isObject(report.body)) return undefined;
  if (report.type === "csp-violation") return cspEvent({ "document-uri": report.url, ...report.body });
  if (report.type === "network-error") return networkErrorEvent(report, report.body);
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function cspEvent(raw: Fields): SecurityEvent | undefined {
  const csp = snakeKeys(raw);
  const violated = text(csp.violated_directive);
  // Firefox sends no effective directive: https://bugzilla.mozilla.org/show_bug.cgi?id=1192684#c8
  const directive = (text(csp.effective_directive) || violated).split(" ", 1)[0] ?? "";
  if (!/^[a-z-]+$/.test(directive)) return undefined;

  const blocked = text(csp.blocked_uri) || "self";
  const host = hostOf(blocked);
  return {
    logger: "csp",
    logentry: { formatted: cspMessage(directive, blocked) },
    transaction: violated === "" ? directive : violated,
    tags: {
      "effective-directive": directive,
      "blocked-uri": withoutSecrets(blocked),
      ...(host === "" ? {} : { "blocked-host": host }),
    },
    request: requestOf(csp.document_uri, csp.referrer),
    csp: { ...csp, effective_directive: directive, blocked_uri: blocked, violated_directive: violated },
  };
}

function cspMessage(directive: string, blocked: string): string {
  const what = CSP_SUBJECTS.get(directive) ?? directive;
  if (directive === "script-src" && blocked === "inline") return "Blocked unsafe inline 'script'";
  if (directive === "script-src" && blocked === "eval") return "Blocked unsafe eval() 'script'";
  if (!["self", "'self'"].includes(blocked)) return `Blocked '${what}' from '${originOf(blocked)}'`;
  if (directive === "script-src") return "Blocked unsafe (eval() or inline) 'script'";
  return `Blocked inline '${what}'`;
}

const CSP_SUBJECTS: ReadonlyMap<string, string> = new Map([
  ["child-src", "child"],
  ["connect-src", "connect"],
  ["font-src", "font"],
  ["form-action", "form"],
  ["img-src", "image"],
  ["manifest-src", "manifest"],
  ["media-src", "media"],
  ["object-src", "object"],
  ["script-src", "script"],
  ["script-src-elem", "script"],
  ["style-src", "style"],
  ["style-src-elem", "style"],
]);

function expectEvent(key: "expectct" | "expectstaple", name: string, raw: Fields): SecurityEvent {
  const report = snakeKeys(raw);
  const host = text(report.hostname);
  return {
    logger: key === "expectct" ? "expect-ct" : "expect-staple",
    logentry: { formatted: `${name} failed for '${host}'` },
    transaction: host,
    tags: { hostname: host, port: text(report.port) },
    request: requestOf(host === "" ? "" : `https://${host}/`),
    [key]: report,
  };
}

function hpkpEvent(raw: Fields): SecurityEvent {
  const report = snakeKeys(raw);
  const host = text(report.hostname);
  return {
    logger: "hpkp",
    logentry: { formatted: `Public key pinning validation failed for '${host}'` },
    transaction: host,
    tags: { hostname: host, port: text(report.port) },
    request: requestOf(host === "" ? "" : `https://${host}/`),
    hpkp: report,
  };
}

function networkErrorEvent(report: Fields, body: Fields): SecurityEvent {
  const url = text(report.url);
  const type = text(body.type) || "unknown";
  const host = hostOf(url);
  return {
    logger: "nel",
    logentry: { formatted: `Network error '${type}' at '${originOf(url)}'` },
    transaction: host,
    tags: { "nel.type": type, "nel.phase": text(body.phase), "nel.host": host },
    request: requestOf(url, body.referrer),
    nel: snakeKeys(body),
  };
}

function requestOf(url: unknown, referrer?: unknown): Fields {
  const headers = text(referrer) === "" ? [] : [["Referer", text(referrer)]];
  return { url: text(url), headers };
}

/** `blocked-uri` and `blockedURL` both become `blocked_uri`. */
function snakeKeys(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      const snake = key
        .replaceAll("URL", "-uri")
        .replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)
        .replaceAll("-", "_");
      return [snake === "sample" ? "script_sample" : snake, value];
    }),
  );
}

function originOf(uri: string): string {
  if (!uri.includes(":")) return uri;
  const url = URL.parse(uri);
  if (url === null) return uri;
  return url.protocol === "http:" || url.protocol === "https:" ? url.host : `${url.protocol}//${url.host}`;
}

function hostOf(uri: string): string {
  return URL.parse(uri)?.hostname ?? "";
}

/** Stripe puts secrets into its query strings; relay cuts them from this tag too. */
function withoutSecrets(uri: string): string {
  return uri.startsWith("https://api.stripe.com/") ? (uri.split(/[?#]/, 1)[0] ?? "") : uri;
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
