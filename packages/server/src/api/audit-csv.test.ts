import { expect, test } from "vitest";
import { CSV_HEADER, csvLineOf } from "./audit-csv.ts";

const ENTRY = {
  id: "0198c7a4-0000-7000-8000-000000000001",
  created_at: "2031-05-15T10:00:00.000Z",
  actor: { kind: "person" as const, id: null, name: "Olga" },
  action: "project.changed",
  target: { kind: "project", id: "42" },
  project_id: "42",
  details: {},
};

test("a line has a cell for each column; what is not there is empty", () => {
  expect(CSV_HEADER).toBe(
    "created_at,actor_kind,actor_name,actor_id,action,target_kind,target_id,project_id,details,id\r\n",
  );
  expect(csvLineOf(ENTRY)).toBe(
    `2031-05-15T10:00:00.000Z,person,Olga,,project.changed,project,42,42,{},${ENTRY.id}\r\n`,
  );
});

test("quotes, commas and line ends stay in their cell", () => {
  const line = csvLineOf({ ...ENTRY, actor: { ...ENTRY.actor, name: 'O"lga,\nB.' }, details: { a: 1, b: "x" } });
  expect(line).toContain(',"O""lga,\nB.",');
  expect(line).toContain(',"{""a"":1,""b"":""x""}",');
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])("a spreadsheet does not compute the name %j", (name) => {
  expect(csvLineOf({ ...ENTRY, actor: { ...ENTRY.actor, name } })).toContain(`'${name}`);
});
