/** Which pages may send events to a project. Pure. */

/** Of each entry. */
export const ALLOWED_DOMAIN_LENGTH_MAX = 255;

/** `*`, or a host with what may stand before and behind it: see `ApiProjectSettings.allowed_domains`. */
const ALLOWED_DOMAIN =
  /^(?:\*|(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?<any>\*\.)?(?<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(?<port>\d{1,5}))?)$/;

export function isAllowedDomain(text: string): boolean {
  return text.length <= ALLOWED_DOMAIN_LENGTH_MAX && ALLOWED_DOMAIN.test(text);
}

/** Whether a page, known by its origin or its address, is welcome. `allowed`: of each of which `isAllowedDomain` holds. */
export type AllowsPage = (page: string) => boolean;

/** `undefined`: every page is welcome. */
export function compileAllowedDomains(allowed: readonly string[]): AllowsPage | undefined {
  if (allowed.includes("*")) return undefined;
  const rules = allowed.map((entry) => ALLOWED_DOMAIN.exec(entry)?.groups ?? {});
  return (page) => {
    const url = URL.parse(page);
    if (url === null) return false;
    return rules.some(({ scheme, any, host, port }) => {
      if (host === undefined || (scheme !== undefined && `${scheme}:` !== url.protocol)) return false;
      if (port !== undefined && port !== (url.port || PORTS.get(url.protocol))) return false;
      return url.hostname === host || (any !== undefined && url.hostname.endsWith(`.${host}`));
    });
  };
}

/** `URL` leaves out the ports that go without saying. */
const PORTS: ReadonlyMap<string, string> = new Map([
  ["http:", "80"],
  ["https:", "443"],
]);
