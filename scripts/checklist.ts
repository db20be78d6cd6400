/** `docs/checklist.md`: every row of the checklist and the tests that carry its id. */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type CallExpression, type Expression, parse } from "@swc/core";
import { CHECKLIST } from "./checklist-rows.ts";

const ROOT = join(import.meta.dirname, "..");
const TESTS = "packages/*/{src,test}/**/*.test.{ts,tsx}";
const IDS = /^(?:\[[^\]]+\]\s*)+/;

interface NamedTest {
  readonly file: string;
  readonly ids: readonly string[];
  readonly sentence: string;
}

/** Throws if a test names a row that there is not: it would look proven and be nowhere. */
export async function checklist(note: string): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(TESTS, { cwd: ROOT })) files.push(file);
  const tests = (await Promise.all(files.sort().map(testsOf))).flat();
  const known = new Set(CHECKLIST.flatMap(({ rows }) => Object.keys(rows)));
  for (const { file, ids } of tests)
    for (const id of ids)
      if (!known.has(id)) throw new Error(`${file}: [${id}] is no row of scripts/checklist-rows.ts`);

  const testsOfRow = (id: string) => tests.filter(({ ids }) => ids.includes(id));
  const sections = CHECKLIST.map(({ title, rows }) => {
    const lines = Object.entries(rows).map(([id, text]) => {
      const proofs = testsOfRow(id).map(({ file, sentence }) => `${sentence} (\`${file}\`)`.replaceAll("|", "\\|"));
      return `| ${id} | ${text.replaceAll("|", "\\|")} | ${proofs.length === 0 ? "**missing**" : proofs.join("; ")} |`;
    });
    return `## ${title}\n\n| row | what must hold | tests |\n|---|---|---|\n${lines.join("\n")}\n`;
  });
  return `# Checklist

${note}

What Mesher promises, and the tests that show it: a test says in its name, \`[SD-03] …\`, which rows it proves. A row without
a test is missing here, whatever the code can do. (No sums: they would differ in every branch. \`grep -c '[*]missing'\` tells.)

${sections.join("\n")}`;
}

/** Tests that run, by whatever way they are called: `test`, `it`, `test.each(…)`, `describe`; skipped ones are none. */
async function testsOf(path: string): Promise<NamedTest[]> {
  const source = await readFile(join(ROOT, path), "utf8");
  const file = path.replace(/^packages\//, "");
  const tree = await parse(source, { syntax: "typescript", tsx: path.endsWith(".tsx"), target: "esnext" });
  return callsIn(tree).flatMap((call) => {
    const name = textOf(call.arguments[0]?.expression);
    const ids = IDS.exec(name ?? "")?.[0];
    if (name === undefined || ids === undefined || !isTest(call.callee)) return [];
    return [
      {
        file,
        ids: [...ids.matchAll(/\[([^\]]+)\]/g)].map((match) => match[1] ?? ""),
        sentence: name.slice(ids.length),
      },
    ];
  });
}

function callsIn(node: unknown): CallExpression[] {
  if (Array.isArray(node)) return node.flatMap(callsIn);
  if (typeof node !== "object" || node === null) return [];
  const below = Object.values(node).flatMap(callsIn);
  return "type" in node && node.type === "CallExpression" ? [node as CallExpression, ...below] : below;
}

function isTest(callee: CallExpression["callee"]): boolean {
  if (callee.type === "Identifier") return ["test", "it", "describe"].includes(callee.value);
  if (callee.type === "CallExpression") return isTest(callee.callee);
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return false;
  return !["skip", "todo", "fails"].includes(callee.property.value) && isTest(callee.object);
}

function textOf(expression: Expression | undefined): string | undefined {
  if (expression?.type === "StringLiteral") return expression.value;
  if (expression?.type === "TemplateLiteral") return expression.quasis.map(({ cooked }) => cooked ?? "").join("…");
  return undefined;
}
