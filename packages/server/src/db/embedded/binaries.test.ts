import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findBinaries, makeLibraryLinks } from "./binaries.ts";

test("the programs of this platform are found", () => {
  expect(findBinaries()).toMatchObject({ majorVersion: "18" });
});

test("library links that the install script did not make are made, and those that are there are left", () => {
  const packageDir = mkdtempSync(join(tmpdir(), "mesher-test-"));
  mkdirSync(join(packageDir, "native/lib"), { recursive: true });
  const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  writeFileSync(join(packageDir, "native/pg-symlinks.json"), JSON.stringify(links));

  makeLibraryLinks(packageDir);
  makeLibraryLinks(packageDir);

  expect(readlinkSync(join(packageDir, "native/lib/libpq.so.5"))).toBe("libpq.so.5.18");
  rmSync(packageDir, { recursive: true });
});
