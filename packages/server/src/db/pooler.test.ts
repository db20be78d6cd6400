import { expect, test } from "vitest";
import { readAddress } from "./pooler.ts";

test.each([
  ["postgresql://u:p@h/d", "postgresql://u:p@h/d", false],
  ["postgresql://u:p@h/d?pgbouncer=true", "postgresql://u:p@h/d", true],
  ["postgresql://u:p@h/d?pgbouncer=true&sslmode=require", "postgresql://u:p@h/d?sslmode=require", true],
  ["postgresql://u:p@h/d?sslmode=require&pgbouncer=true", "postgresql://u:p@h/d?sslmode=require", true],
  ["postgresql://u:p@h/d?pgbouncer=false", "postgresql://u:p@h/d", false],
])("%s", (url, connectionString, isBehindPooler) => {
  expect(readAddress(url)).toEqual({ connectionString, isBehindPooler });
});
