import { BlockList, isIP } from "node:net";

/** Whether a text is an address, or a range of them as `192.0.2.0/24`. */
export function isIpRange(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0 || address.includes("%")) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsOf(version));
}

/** `ranges`: of each of which `isIpRange` holds. An IPv4 address is found in its ranges also when it is written as IPv6. */
export function compileIpRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const version = isIP(address);
    list.addSubnet(address, bits === undefined ? bitsOf(version) : Number(bits), version === 4 ? "ipv4" : "ipv6");
  }
  return (address) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
  };
}

function bitsOf(version: number): number {
  return version === 4 ? 32 : 128;
}
