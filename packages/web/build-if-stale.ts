/**
 * Builds the pages into `dist` when their sources changed since the last build; says nothing when they did not.
 *
 * Each run builds into a directory of its own and renames it into place, so that two runs at once do no harm:
 * both builds are whole, and the later one stays.
 */
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const WEB = import.meta.dirname;
const DIST = join(WEB, "dist");
const STAMP = ".stamp";
const SOURCES = [
  "src",
  "index.html",
  "vite.config.ts",
  "package.json",
  "../protocol/src",
  // Other versions of the tools make other pages from the same sources.
  "../../package-lock.json",
];
/** A build directory this old was left behind by a run that was killed. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;
const RENAME_ATTEMPTS_MAX = 5;
/** Smaller files fit into a packet or two anyway. */
const COMPRESSED_BYTES_MIN = 1_024;
/** Of 11: the last two steps take ten times as long, for a twentieth less. */
const BROTLI_QUALITY = 9;

try {
  const stamp = await hashSources();
  if ((await readFile(join(DIST, STAMP), "utf8").catch(() => "")) !== stamp) await build(stamp);
} catch (error) {
  process.stderr.write(`The pages could not be built: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function build(stamp: string): Promise<void> {
  const startedAtMs = performance.now();
  process.stdout.write("Building the pages…");
  await removeAbandoned();
  const outDir = `${DIST}-${process.pid}-${randomUUID()}`;
  try {
    // Loaded only now: a fresh build needs no Vite, and no time to load it.
    const vite = await import("vite");
    await vite.build({ root: WEB, logLevel: "error", build: { outDir, emptyOutDir: true } });
    await compressAssets(join(outDir, "assets"));
    await writeFile(join(outDir, STAMP), stamp);
    await replaceDist(outDir);
  } catch (error) {
    process.stdout.write(" failed\n");
    throw error;
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
  process.stdout.write(` done in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s\n`);
}

/** Beside each file what of it travels, so that the server compresses nothing while it runs. */
async function compressAssets(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    if (bytes.length < COMPRESSED_BYTES_MIN || !/\.(?:js|css|svg)$/.test(name)) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
    await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(bytes, { params }));
    await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(bytes));
  }
}

/** A directory cannot be renamed over one with files in it, so the old one steps aside first. */
async function replaceDist(built: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const aside = `${DIST}-${process.pid}-${randomUUID()}`;
    await rename(DIST, aside).catch(ignoreCode("ENOENT"));
    try {
      await rename(built, DIST);
      return;
    } catch (error) {
      // Another run put its build in place between our two renames.
      const lostTheRace = hasCode(error, "ENOTEMPTY") || hasCode(error, "EEXIST") || hasCode(error, "EPERM");
      if (!lostTheRace || attempt === RENAME_ATTEMPTS_MAX) throw error;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }
}

async function hashSources(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const file of await listFiles(join(WEB, source))) {
      hash.update(`${relative(WEB, file)}\0`).update(
        createHash("sha256")
          .update(await readFile(file))
          .digest(),
      );
    }
  }
  return hash.digest("hex");
}

async function listFiles(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(WEB)) {
    if (!name.startsWith("dist-")) continue;
    const path = join(WEB, name);
    const stats = await stat(path).catch(ignoreCode("ENOENT"));
    if (stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

function ignoreCode(code: string): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, code)) throw error;
  };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
