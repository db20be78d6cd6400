import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAllowedAddress, isAllowedHost, parseAllowed } from "./address-rule.ts";

const NOTHING = { networks: [], hosts: [] };

describe("without an allowance", () => {
  test.each([
    ["loopback", "127.0.0.1"],
    ["loopback", "127.255.255.254"],
    ["loopback", "::1"],
    ["private", "10.1.2.3"],
    ["private", "172.31.0.1"],
    ["private", "192.168.1.1"],
    ["carrier-grade NAT", "100.64.0.1"],
    ["link-local", "169.254.1.1"],
    ["a cloud's metadata", "169.254.169.254"],
    ["a cloud's metadata", "168.63.129.16"],
    ["a cloud's metadata", "fd00:ec2::254"],
    ["unspecified", "0.0.0.0"],
    ["unspecified", "0.1.2.3"],
    ["unspecified", "::"],
    ["broadcast", "255.255.255.255"],
    ["multicast", "224.0.0.1"],
    ["multicast", "ff02::1"],
    ["reserved", "240.0.0.1"],
    ["link-local", "fe80::1"],
    ["link-local with its zone", "fe80::1%eth0"],
    ["site-local", "fec0::1"],
    ["unique local", "fc00::1"],
    ["unique local", "fd12:3456::1"],
    ["mapped IPv4", "::ffff:127.0.0.1"],
    ["mapped IPv4", "::ffff:a00:1"],
    ["mapped IPv4, written out", "0:0:0:0:0:ffff:7f00:1"],
    ["IPv4-compatible", "::127.0.0.1"],
    ["NAT64 of loopback", "64:ff9b::7f00:1"],
    ["NAT64 of a private address", "64:ff9b::10.0.0.1"],
    ["NAT64 of metadata", "64:ff9b::a9fe:a9fe"],
    ["local NAT64", "64:ff9b:1::5db8:d822"],
    ["6to4", "2002:7f00:1::"],
    ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    ["documentation", "2001:db8::1"],
    ["no address", "localhost"],
    ["no address", "0x7f000001"],
    ["no address", "127.1"],
    ["no address", ""],
  ])("%s is refused: %s", (_, address) => {
    expect(isAllowedAddress(address, NOTHING)).toBe(false);
  });

  test.each(["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])(
    "an address of the internet is let through: %s",
    (address) => {
      expect(isAllowedAddress(address, NOTHING)).toBe(true);
    },
  );

  /** Networks that lead nowhere outside, as IANA lists them; read by Node's own code instead of ours. */
  const special = new BlockList();
  for (const [network, bits] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["224.0.0.0", 3],
  ] as const)
    special.addSubnet(network, bits, "ipv4");

  const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  const nearSpecial = fc
    .tuple(fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 224, 255), fc.nat(255), fc.nat(255), fc.nat(255))
    .chain((near) => fc.oneof(fc.constant(near), octets));
  const hex = (value: number) => value.toString(16);

  test("no form of a special IPv4 address gets through", () => {
    fc.assert(
      fc.property(nearSpecial, ([a, b, c, d]) => {
        const dotted = `${a}.${b}.${c}.${d}`;
        fc.pre(special.check(dotted));
        const [high, low] = [hex(a * 256 + b), hex(c * 256 + d)];
        for (const form of [
          dotted,
          `::ffff:${dotted}`,
          `::FFFF:${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `::${dotted}`,
        ])
          expect([form, isAllowedAddress(form, NOTHING)]).toEqual([form, false]);
      }),
    );
  });

  test("whatever way a URL writes a special IPv4 address, it is seen", () => {
    fc.assert(
      fc.property(nearSpecial, ([a, b, c, d]) => {
        fc.pre(special.check(`${a}.${b}.${c}.${d}`));
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        const forms = [
          String(number),
          `0x${hex(number)}`,
          `0${number.toString(8)}`,
          `0x${hex(a)}.0${b.toString(8)}.${c}.${d}`,
          `${a}.${b}.${c * 256 + d}`,
          `${a}.${(b * 256 + c) * 256 + d}`,
        ];
        for (const form of forms)
          expect([form, isAllowedAddress(new URL(`http://${form}/`).hostname, NOTHING)]).toEqual([form, false]);
      }),
    );
  });

  test("nothing outside the IPv6 addresses given out so far gets through, but NAT64's translations", () => {
    const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, (parts) => {
        fc.pre(((parts[0] ?? 0) & 0xe000) !== 0x2000);
        fc.pre(parts[0] !== 0x64 && parts.slice(0, 5).some((part) => part !== 0));
        expect(isAllowedAddress(parts.map(hex).join(":"), NOTHING)).toBe(false);
      }),
    );
  });

  test("any text gets an answer", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof isAllowedAddress(text, NOTHING)).toBe("boolean");
      }),
    );
  });
});

describe("the operator's allowance", () => {
  const allowed = parseAllowed("10.1.0.0/16, 192.168.7.7,fd00:1::/32, ntfy.lan,*.corp.example");

  test.each([
    ["10.1.255.1", true],
    ["::ffff:10.1.0.9", true],
    ["64:ff9b::10.1.0.9", true],
    ["10.2.0.1", false],
    ["192.168.7.7", true],
    ["192.168.7.8", false],
    ["fd00:1::5", true],
    ["fd00:2::5", false],
    ["93.184.216.34", true],
  ])("of addresses: %s %s", (address, expected) => {
    expect(isAllowedAddress(address, allowed)).toBe(expected);
  });

  test.each([
    ["ntfy.lan", true],
    ["NTFY.lan.", true],
    ["evil-ntfy.lan", false],
    ["a.corp.example", true],
    ["corp.example", false],
    ["a.corp.example.evil.test", false],
  ])("of hosts: %s %s", (host, expected) => {
    expect(isAllowedHost(host, allowed)).toBe(expected);
  });

  test.each(["", "10.0.0.0/33", "10.0.0", "a b", "http://a.example", "a.example,,b.example"])(
    "is refused where it is neither: %s",
    (text) => {
      expect(() => parseAllowed(text)).toThrow(RangeError);
    },
  );
});
