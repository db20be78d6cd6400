/** The contexts of an event, in words that people use. */

const TITLES: Readonly<Record<string, string>> = {
  app: "App",
  browser: "Browser",
  cloud_resource: "Cloud",
  culture: "Culture",
  device: "Device",
  flags: "Feature flags",
  gpu: "GPU",
  os: "Operating system",
  client_os: "Operating system of the client",
  otel: "OpenTelemetry",
  profile: "Profile",
  response: "Response",
  runtime: "Runtime",
  state: "State",
  trace: "Trace",
};

/** What people look for comes first, the rest in the order it was sent. */
const FIRST = ["browser", "os", "device", "runtime", "app"];

/** Words that are no words. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  id: "ID",
  api: "API",
  cpu: "CPU",
  gpu: "GPU",
  os: "OS",
  sdk: "SDK",
  ip: "IP",
  url: "URL",
  dpi: "DPI",
  ui: "UI",
};

export interface ContextFacts {
  readonly key: string;
  readonly title: string;
  /** `Firefox 140.0`, where it has a name. */
  readonly summary: string | undefined;
  readonly entries: readonly (readonly [string, unknown])[];
}

export function contextFacts(contexts: Readonly<Record<string, Readonly<Record<string, unknown>>>>): ContextFacts[] {
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return (
    Object.entries(contexts)
      // Some SDKs send contexts with nothing in them.
      .filter(([, context]) => Object.entries(context).some(([key, value]) => key !== "type" && value != null))
      .toSorted(([one], [other]) => rank(one) - rank(other))
      .map(([key, context]) => ({
        key,
        title: TITLES[key] ?? words(key),
        summary: summaryOf(context),
        entries: Object.entries(context)
          .filter(([name, value]) => value != null && !(name === "type" && value === key))
          .filter(([name]) => summaryOf(context) === undefined || (name !== "name" && name !== "version"))
          .map(([name, value]) => [words(name), factOf(name, value)] as const),
      }))
  );
}

function summaryOf({ name, version }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof name !== "string" || name === "") return undefined;
  return typeof version === "string" && version !== "" ? `${name} ${version}` : name;
}

/** `kernel_version` is "Kernel version". What is more than letters stays as it was sent. */
function words(name: string): string {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) return name;
  const text = name
    .split("_")
    .map((word) => ABBREVIATIONS[word] ?? word)
    .join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const BYTES = /(^|_)(memory|storage)(_size)?$|_bytes$/;

function factOf(name: string, value: unknown): unknown {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return value;
  if (BYTES.test(name) && Number.isInteger(value) && value >= 1024) return bytes(value);
  if (name === "battery_level") return `${Math.round(value <= 1 ? value * 100 : value)} %`;
  return value;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
  return `${Number((count / 1024 ** power).toPrecision(3))} ${UNITS[power]}`;
}
