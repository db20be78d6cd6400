/**
 * Browsers by how they name themselves, the more special ones first, and the first version that is not a legacy. The versions
 * are relay's (`relay-filter/src/legacy_browsers.rs`, each browser's greatest), and Edge before it was built on Chromium.
 */
const BROWSERS: readonly (readonly [name: string, version: RegExp, modern: number])[] = [
  ["Opera Mini", /Opera Mini\/(\d+)/, 8],
  ["Opera", /OPR\/(\d+)/, 15],
  // Its old way of numbering: "Opera/9.80 … Version/12.16".
  ["Opera", /^Opera\/.*\bVersion\/(\d+)/, 15],
  ["Opera", /^Opera[/ ](\d+)/, 15],
  ["Internet Explorer", /\bMSIE (\d+)/, 12],
  ["Internet Explorer", /\bTrident\/7\b.*\brv:(\d+)/, 12],
  ["Edge", /\bEdge\/(\d+)/, 79],
  // Behind these a browser names those it is like.
  ["Chrome", /\b(?:Chrome|CriOS|Edg|EdgA|EdgiOS|FxiOS)\/(\d+)/, 0],
  ["Android", /\bAndroid (\d+).*\bVersion\/\d/, 4],
  ["Safari", /\bVersion\/(\d+).*\bSafari\//, 6],
];

/** No browser's name for itself is longer; more is not looked at. */
const USER_AGENT_LENGTH_MAX = 1_024;

export function isLegacyBrowser(userAgent: string): boolean {
  const agent = userAgent.slice(0, USER_AGENT_LENGTH_MAX);
  for (const [, version, modern] of BROWSERS) {
    const found = version.exec(agent)?.[1];
    if (found !== undefined) return Number(found) < modern;
  }
  return false;
}
