/** Where and as whom an SDK sends: `https://key@host:port/prefix/number`. */
export interface Dsn {
  readonly protocol: "http" | "https";
  readonly publicKey: string;
  /** A name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string;
  readonly port?: number;
  /** Between host and number, without slashes at its ends; empty for most. */
  readonly prefix: string;
  readonly projectNumber: number;
}

/** `undefined` for whatever is no DSN. The password of very old DSNs is dropped: it has no meaning any more. */
export function parseDsn(text: string): Dsn | undefined {
  const match = text.length > DSN_LENGTH_MAX ? null : DSN.exec(text);
  if (match === null) return undefined;

  const [, protocol, publicKey, host, port, prefix, number] = match as unknown as [
    string,
    "http" | "https",
    ...string[],
  ];
  const projectNumber = parseProjectNumber(number ?? "");
  if (projectNumber === undefined || publicKey === undefined || host === undefined) return undefined;
  if (port !== undefined && Number(port) > PORT_MAX) return undefined;
  return {
    protocol,
    publicKey,
    host,
    ...(port === undefined ? {} : { port: Number(port) }),
    prefix: prefix ?? "",
    projectNumber,
  };
}

export function formatDsn({ protocol, publicKey, host, port, prefix, projectNumber }: Dsn): string {
  const authority = port === undefined ? host : `${host}:${port}`;
  return `${protocol}://${publicKey}@${authority}/${prefix === "" ? "" : `${prefix}/`}${projectNumber}`;
}

/** The numeric id of a project as it stands in DSNs and URLs; `undefined` if it is none. */
export function parseProjectNumber(text: string): number | undefined {
  return PROJECT_NUMBER.test(text) ? Number(text) : undefined;
}

const DSN_LENGTH_MAX = 1024;
const PORT_MAX = 65_535;
/** 15 digits are exact in a number. */
const PROJECT_NUMBER = /^\d{1,15}$/;
/** The characters that the SDKs' own parsers take (`@sentry/core`, `utils/dsn.ts`), and a dash in keys. */
const DSN =
  /^(https?):\/\/([\w-]+)(?::[\w-]*)?@(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?\/(?:([\w.~/-]*[\w.~-])\/)?(\d+)$/;
