import { describe, expect, test } from "vitest";
import { auditFilterOf, isAuditFiltered, parseAuditSearch } from "./audit-search.ts";

describe("the address of the audit log", () => {
  test("says who, what, where and when", () => {
    const search = { who: "olga", what: "member.", project: "shop", from: "2031-05-15", to: "2031-05-16" };
    expect(parseAuditSearch(search)).toMatchObject(search);
    expect(isAuditFiltered(parseAuditSearch(search))).toBe(true);
  });

  test.each([
    { what: "nothing.known" },
    { what: "member" },
    { from: "2031-13-01" },
    { from: "0002-01-01" },
    { from: "2031-05-16", to: "2031-05-15" },
    { kind: "issue" },
    { id: "7" },
    { who: "" },
    { who: ["a"] },
  ])("leaves out what makes no sense: %j", (search) => {
    expect(isAuditFiltered(parseAuditSearch(search))).toBe(false);
  });

  test("a day that was chosen as the last is included", () => {
    const { from, to } = auditFilterOf({ from: "2031-05-15", to: "2031-05-15" });
    expect(from).toBe(new Date(2031, 4, 15).toISOString());
    expect(to).toBe(new Date(2031, 4, 16).toISOString());
  });
});
