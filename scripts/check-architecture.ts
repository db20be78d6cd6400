/**
 * Checks the directions of ARCHITECTURE.md, and that the check itself works: enough modules are read, and a violation
 * planted for every rule is caught. Without the right parser the tool reads no module at all and finds everything fine.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cruise, type IConfiguration, type ICruiseResult } from "dependency-cruiser";

const ROOT = join(import.meta.dirname, "..");
const MODULES_MIN = 120;

/** One planted file for each rule that one file can break: where it stands and what it says. */
const VIOLATIONS: Readonly<Record<string, readonly [path: string, text: string]>> = {
  "no-unresolvable": ["packages/server/src/planted.ts", 'import "./there-is-no-such-file.ts";'],
  "edges-know-no-edge": ["packages/server/src/jobs/planted.ts", 'import "../api/server.ts";'],
  "domain-knows-no-edge": ["packages/server/src/issues/planted.ts", 'import "../api/server.ts";'],
  "domain-knows-no-http": ["packages/server/src/issues/planted.ts", 'import "node:http";'],
  "pure-stays-pure": ["packages/server/src/ingest/group/planted.ts", 'import "node:fs";'],
  "only-db-imports-pg": ["packages/server/src/issues/planted.ts", 'import "pg";'],
  "one-way-out": ["packages/server/src/issues/planted.ts", 'import "undici";'],
  "loaded-when-needed": ["packages/server/src/planted.ts", 'import { betterAuth } from "better-auth";'],
  "db-and-runtime-know-no-domain": ["packages/server/src/db/planted.ts", 'import "../issues/issues.queries.ts";'],
  "protocol-uses-nobody": ["packages/protocol/src/planted.ts", 'import "node:fs";'],
  "cluster-uses-nobody": ["packages/cluster/src/planted.ts", 'import "@mesher/protocol";'],
  "web-and-cli-speak-protocol": ["packages/cli/src/planted.ts", 'import "@mesher/server/testing";'],
  "testkit-is-for-tests": ["packages/server/src/planted.ts", 'import "@mesher/testkit";'],
  "packages-by-name": ["packages/cli/src/planted.ts", 'import "../../protocol/src/event.ts";'],
};
const CIRCLE = {
  "packages/protocol/src/planted.ts": 'import "./planted-too.ts";',
  "packages/protocol/src/planted-too.ts": 'import "./planted.ts";',
};

teachUsing();
const config = createRequire(import.meta.url)("../.dependency-cruiser.cjs") as IConfiguration;
process.chdir(ROOT);

const clean = await check();
for (const { rule, from, to } of clean.violations) console.error(`${rule}: ${from} → ${to}`);
if (clean.modules < MODULES_MIN)
  console.error(`only ${clean.modules} modules were read; at least ${MODULES_MIN} are expected`);

const missed: string[] = [];
for (const [rule, [path, text]] of Object.entries(VIOLATIONS)) {
  if (!(await caught(rule, { [path]: text }))) missed.push(rule);
}
if (!(await caught("no-circular", CIRCLE))) missed.push("no-circular");
for (const { name } of config.forbidden ?? [])
  if (name && name !== "no-circular" && !(name in VIOLATIONS)) missed.push(name);
if (missed.length > 0) console.error(`planted violations that were not caught: ${missed.join(", ")}`);

if (clean.violations.length > 0 || clean.modules < MODULES_MIN || missed.length > 0) process.exitCode = 1;
else
  console.log(
    `${clean.modules} modules, no violation; a planted one was caught for each of ${config.forbidden?.length} rules`,
  );

interface Statement {
  readonly type: string;
  readonly decls?: readonly object[];
}

interface Walker {
  visitStatement: (this: Walker, statement: Statement) => object;
  visitVariableDeclarator: (declarator: object) => object;
}

/** The parser's walker stops at `using` declarations, which are as good a place for an `import()` as any other. */
function teachUsing(): void {
  const { Visitor } = createRequire(import.meta.url)("@swc/core/Visitor.js") as { Visitor: { prototype: Walker } };
  const walkOther = Visitor.prototype.visitStatement;
  Visitor.prototype.visitStatement = function (statement) {
    if (statement.type !== "UsingDeclaration") return walkOther.call(this, statement);
    for (const declarator of statement.decls ?? []) this.visitVariableDeclarator(declarator);
    return statement;
  };
}

interface Found {
  readonly modules: number;
  readonly violations: readonly { rule: string; from: string; to: string }[];
}

async function check(only: readonly string[] = ["packages", "bench", "scripts"]): Promise<Found> {
  const { options, ...ruleSet } = config;
  const { output } = await cruise(
    [...only],
    { ...options, ruleSet, validate: true, parser: "swc" },
    options?.enhancedResolveOptions,
  );
  const { modules, summary } = output as ICruiseResult;
  const ours = modules.filter(({ source }) => /^(packages|bench|scripts)\//.test(source));
  return {
    modules: ours.length,
    violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}

async function caught(rule: string, files: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `${text}\n`);
    }
    const { violations } = await check(Object.keys(files));
    return violations.some((violation) => violation.rule === rule && violation.from in files);
  } finally {
    for (const path of Object.keys(files)) await rm(path, { force: true });
  }
}
