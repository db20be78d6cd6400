/**
 * Which addresses a request may go to whose target somebody has typed in: those of the internet, and what the operator
 * allows. Everything else could be this machine, its network, or the metadata service of its cloud. Pure.
 */
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** What `MESHER_OUTBOUND_ALLOW` names. */
export interface Allowed {
  readonly networks: readonly Network[];
  /** In small letters; one that begins with `*.` stands for all names that end like it. */
  readonly hosts: readonly string[];
}

/** Throws a `RangeError` that says what a good list looks like. */
export function parseAllowed(text: string): Allowed {
  const networks: Network[] = [];
  const hosts: string[] = [];
  for (const entry of text.split(",").map((each) => each.trim().toLowerCase())) {
    const network = networkOf(entry);
    if (network !== undefined) networks.push(network);
    else if (/^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/.test(entry) && !/^[\d.]+$/.test(entry)) hosts.push(entry);
    else throw new RangeError("must be networks like 10.0.0.0/8, addresses or host names, with commas between");
  }
  return { networks, hosts };
}

function networkOf(text: string): Network | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.parse(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/** Whether a host is allowed by its name, wherever it lies. */
export function isAllowedHost(host: string, { hosts }: Allowed): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return hosts.some((allowed) => (allowed.startsWith("*.") ? name.endsWith(allowed.slice(1)) : name === allowed));
}

/** Whether a request may go to an address, as a resolver or a URL gives it. What is no address may not. */
export function isAllowedAddress(text: string, { networks }: Allowed): boolean {
  const given = parse(text);
  if (given === undefined) return false;
  const forms = formsOf(given);
  if (networks.some((network) => forms.some((form) => isWithin(form, network)))) return true;
  return forms.every(isOfInternet);
}

function parse(text: string): Address | undefined {
  // A zone names an interface of this machine: such an address is never one of the internet.
  if (text.includes("%")) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

/** An address, as where it leads: IPv6 has ways to write an IPv4 address, which is what is reached then. */
function formsOf(address: Address): readonly Address[] {
  if (!(address instanceof ipaddr.IPv6)) return [address];
  if (address.isIPv4MappedAddress()) return [address.toIPv4Address()];
  if (isTranslated(address)) return [new ipaddr.IPv4(address.toByteArray().slice(-4))];
  return [address];
}

/** NAT64's well-known prefix (RFC 6052), by which networks without IPv4 reach all of it. */
const TRANSLATED: Network = [ipaddr.IPv6.parse("64:ff9b::"), 96];
const isTranslated = (address: Address) => isWithin(address, TRANSLATED);

/** IPv6 addresses given out so far. What lies outside is special, also where no list knows it yet. */
const GLOBAL_UNICAST: Network = [ipaddr.IPv6.parse("2000::"), 3];

/** Azure answers its machines here, at an address that looks like any other. */
const AZURE_METADATA = "168.63.129.16";

function isOfInternet(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" ? address.toString() !== AZURE_METADATA : isWithin(address, GLOBAL_UNICAST);
}

function isWithin(address: Address, [network, bits]: Network): boolean {
  if (address instanceof ipaddr.IPv4 && network instanceof ipaddr.IPv4) return address.match(network, bits);
  if (address instanceof ipaddr.IPv6 && network instanceof ipaddr.IPv6) return address.match(network, bits);
  return false;
}
