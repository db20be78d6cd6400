import type { Request } from "./event.ts";

/** Headers that curl sets itself, and gets right. */
const OWN_HEADERS = new Set(["content-length", "host", "connection"]);

/** A command that sends the request again, as far as the event knows it. Undefined without an address. */
export function curlOf(request: Request): string | undefined {
  if (request.url === undefined) return undefined;
  const method = request.method?.toUpperCase() ?? "GET";
  const body = bodyOf(request);
  const headers = request.headers ?? [];
  const isForm = body !== undefined && typeof request.data !== "string";
  const parts = [
    `curl ${quote(withQuery(request.url, request.query_string))}`,
    ...(method === (body === undefined ? "GET" : "POST") ? [] : [`-X ${quote(method)}`]),
    ...headers
      .filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()))
      .map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(isForm && !hasHeader(headers, "content-type") ? [`-H 'content-type: application/json'`] : []),
    ...(request.cookies !== undefined && !hasHeader(headers, "cookie")
      ? [`-b ${quote(cookiesOf(request.cookies))}`]
      : []),
    ...(body === undefined ? [] : [`--data-raw ${quote(body)}`]),
  ];
  return parts.join(" \\\n  ");
}

export function withQuery(url: string, query: Request["query_string"]): string {
  const text = queryText(query);
  return text === "" || url.includes("?") ? url : `${url}?${text}`;
}

function queryText(query: Request["query_string"]): string {
  if (query === undefined) return "";
  if (typeof query === "string") return query.replace(/^\?/, "");
  return query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
}

function bodyOf(request: Request): string | undefined {
  if (request.data === undefined || request.data === null || request.data === "") return undefined;
  return typeof request.data === "string" ? request.data : JSON.stringify(request.data);
}

function cookiesOf(cookies: NonNullable<Request["cookies"]>): string {
  return typeof cookies === "string" ? cookies : cookies.map(([name, value]) => `${name}=${value}`).join("; ");
}

function hasHeader(headers: NonNullable<Request["headers"]>, name: string): boolean {
  return headers.some(([other]) => other.toLowerCase() === name);
}

/** As forms do it; what cannot be encoded, half of a surrogate pair, is left out. */
function encode(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "")).replaceAll("%20", "+");
}

/** For a POSIX shell: nothing inside single quotes means anything but the quote itself. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
