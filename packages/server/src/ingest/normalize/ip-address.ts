import { isEmpty, isJsonObject, type JsonObject } from "./json.ts";

/**
 * Fills in the addresses that the client leaves to the server, in an event under construction
 * (relay's `normalize_ip_addresses`): `{{auto}}` means the address the request came from. Without any word from
 * the client, the address is taken from the request the event tells of, or else, on platforms that run on people's
 * own devices, from the connection. `sdk.settings.infer_ip` overrides: `never` forbids, `auto` extends it to all platforms.
 */
export function settleIpAddresses(event: Record<string, unknown>, clientIp: string | undefined): void {
  const inferIp = inferIpSetting(event.sdk);
  const autoIp = inferIp === "never" ? undefined : clientIp;
  const user = asMap(event.user);
  const remoteIp = settleRemoteAddr(event, autoIp);

  const told = user.ip_address;
  let ip = told === AUTO ? autoIp : told;
  if (ip === undefined && inferIp !== "never") ip = remoteIp;
  if (ip === undefined && (inferIp === "auto" || PERSONAL_PLATFORMS.has(event.platform))) ip = autoIp;
  if (ip === told) return;

  const { ip_address: _, ...others } = user;
  const settled = ip === undefined ? others : { ...others, ip_address: ip };
  if (isEmpty(settled)) delete event.user;
  else event.user = settled;
}

const AUTO = "{{auto}}";
const PERSONAL_PLATFORMS: ReadonlySet<unknown> = new Set(["javascript", "cocoa", "objc"]);

/** The address in `request.env.REMOTE_ADDR`, after `{{auto}}` in there has been replaced. */
function settleRemoteAddr(event: Record<string, unknown>, autoIp: string | undefined): unknown {
  const request = asMap(event.request);
  const env = asMap(request.env);
  const told = env.REMOTE_ADDR;
  if (told !== AUTO) return typeof told === "string" && IP_ADDRESS.test(told) ? told : undefined;

  const { REMOTE_ADDR: _, ...others } = env;
  event.request = { ...request, env: autoIp === undefined ? others : { ...others, REMOTE_ADDR: autoIp } };
  return autoIp;
}

const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:.]+)$/i;

function inferIpSetting(sdk: unknown): unknown {
  return asMap(asMap(sdk).settings).infer_ip;
}

function asMap(value: unknown): JsonObject {
  return isJsonObject(value) ? value : NONE;
}
const NONE: JsonObject = {};
