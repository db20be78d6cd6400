/** Whether code came over the network, so that its address is the page's or the bundle's, not the source's. */
export function hasUrlOrigin(path: string | undefined): boolean {
  return path !== undefined && NETWORK_SCHEMES.some((scheme) => path.startsWith(scheme));
}

export function isUrl(path: string | undefined): boolean {
  return path !== undefined && (path.startsWith("file:") || hasUrlOrigin(path));
}

const NETWORK_SCHEMES = ["http:", "https:", "blob:", "applewebdata:"];
