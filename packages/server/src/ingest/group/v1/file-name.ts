import { remember } from "../../remember.ts";

/**
 * The base name of a file in lower case, without the version or content hash a build put into it. Folders are left
 * out: they differ from machine to machine and from release to release.
 */
export function cleanFileName(path: string | undefined): string | undefined {
  return path === undefined || path === "" ? undefined : (cleanPath(path) ?? undefined);
}

const cleanPath = remember((path: string): string | null => {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const cleaned = removeBuildMarks(withoutQuery(name)).toLowerCase();
  return cleaned === "" || PLACEHOLDERS.has(cleaned) ? null : cleaned;
});

/** What runtimes write where there is no file. */
const PLACEHOLDERS = new Set(["<anonymous>", "[native code]", "native code", "<unknown>", "unknown", "?"]);

const HAS_DIGIT = /\d/;
/** `app.3f9a1c2b.js`, `main-4f2e1d0c9b8a7654.chunk.js` */
const HEX_HASH = /([.\-_])(?=[a-f]*\d)[0-9a-f]{8,64}(?=[.\-_])/gi;
/** `index-BdYx3k2p.js`: eight letters of base 64 with a digit and both cases, as Vite and Rollup name chunks. */
const BASE64_HASH =
  /([.-])(?=[\w-]{8}\.(?:[cm]?js|css)$)(?=[\w-]{0,7}\d)(?=[\w-]{0,7}[a-z])(?=[\w-]{0,7}[A-Z])[\w-]{8}/;
/** `jquery-3.1.1.min.js`, `react@18.2.0`, `foo-1.2.jar` */
const VERSION = /([-.@_])v?\d+(?:\.\d+)+(?:-(?:alpha|beta|rc|canary|next)[.\d]*)?(?=[.\-_/]|$)/gi;
/** `EntriesResource_$$_javassist_seam_74.java` */
const JAVASSIST = /(\$\$_javassist)(?:_seam)?(?:_\d+)?/;

/** Takes off what differs between two builds of the same source. */
export function removeBuildMarks(name: string): string {
  if (!HAS_DIGIT.test(name)) return name;
  return name
    .replace(HEX_HASH, "$1<hash>")
    .replace(BASE64_HASH, "$1<hash>")
    .replace(VERSION, "$1<version>")
    .replace(JAVASSIST, "$1<auto>");
}

function withoutQuery(name: string): string {
  const end = name.search(/[?#]/);
  return end > 0 ? name.slice(0, end) : name;
}
