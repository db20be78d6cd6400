import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";
import { testTerminal } from "./test-server.ts";

test.each([
  ["an unknown command", ["frob"], "mesher has no command frob. Commands: demo, status, "],
  ["an unknown option", ["--frob"], "mesher has no option --frob. Commands: demo, status, "],
  ["an unknown option of a command", ["demo", "--frob"], "mesher demo has no option --frob. See: mesher demo --help\n"],
  ["an option named like a property", ["demo", "--constructor"], "mesher demo has no option --constructor."],
  ["an unknown short option", ["status", "-x"], "mesher status has no option -x."],
  ["an option without its value", ["send", "hi", "--level"], "--level needs a value: --level LEVEL."],
  ["an option given twice", ["demo", "--seed", "1", "--seed", "2"], "--seed may be given only once.\n"],
  ["a number that is none", ["demo", "--seconds", "x"], '--seconds is "x", but must be a number from 0 to 86400.\n'],
  ["a rate out of bounds", ["demo", "--rate", "0"], '--rate is "0", but must be a number from 0.1 to 1000.\n'],
  ["an argument too many", ["status", "now"], 'mesher status does not know what to do with "now".'],
  ["a DSN that is none", ["demo", "--dsn", "localhost"], '"localhost" is no DSN.'],
  [
    "a URL that is none",
    ["status", "--url", "localhost:8080"],
    'The server\'s URL is "localhost:8080", but must start',
  ],
  [
    "a URL with the token of the pages",
    ["status", "--url", "http://localhost:8080/#token=mshr_1"],
    "The server's URL must have no user, query or fragment",
  ],
  ["a URL with a password", ["status", "--url", "http://me:secret@localhost"], "The server's URL must have no user,"],
  ["a token that was not copied whole", ["status", "--token", "mshr_…"], "The API token has characters that are in no"],
  [
    "an option whose value was forgotten",
    ["issues", "resolve", "SHOP-1", "--in-release", "--json"],
    '--in-release needs a value: --in-release RELEASE. If it is "--json": --in-release=--json.\n',
  ],
  ["nobody named by nothing", ["issues", "assign", "SHOP-1", "--to", ""], "--to is missing.\n"],
  ["a person without an address", ["users", "create"], "EMAIL is missing.\n"],
  ["a token without a label", ["tokens", "create"], "LABEL is missing.\n"],
  ["nothing to revoke", ["tokens", "revoke"], "ID is missing.\n"],
  ["an organization without an owner", ["orgs", "create", "Shop"], "--owner is missing:"],
  ["a role that is not told", ["users", "role", "a@example.com"], "--role is missing:"],
  ["a destination that is not named", ["destinations", "test"], "DESTINATION is missing.\n"],
  [
    "two values from one line",
    ["destinations", "create", "x", "--kind", "telegram", "--set", "bot_token=-", "--set", "chat_id=-"],
    "Only one --set can be read from standard input.\n",
  ],
  ["no message", ["send"], "There is no message to send."],
  ["a level that is none", ["send", "hi", "--level", "loud"], '--level is "loud", but must be one of fatal,'],
  ["a tag without value", ["send", "hi", "--tag", "disk"], '--tag is "disk", but must be KEY=VALUE.\n'],
])("%s: one sentence and exit code 2", async (_, args, sentence) => {
  const terminal = testTerminal();
  expect(await runProgram(args, terminal)).toBe(2);
  expect(terminal.shown.errors).toContain(sentence);
  expect(terminal.shown.errors.trim().split("\n")).toHaveLength(1);
  expect(terminal.shown.out).toBe("");
});

test("without a command the help goes to standard error", async () => {
  const terminal = testTerminal();
  expect(await runProgram([], terminal)).toBe(2);
  expect(terminal.shown.errors).toContain("Usage: mesher COMMAND");
});

test.each([
  [["--help"], "Usage: mesher COMMAND"],
  [["help"], "Usage: mesher COMMAND"],
  [["help", "demo"], "Usage: mesher demo [OPTIONS]"],
  [["help", "cluster", "status"], "Usage: mesher cluster status [OPTIONS]"],
  [["issues", "--help"], "  issues list "],
  [["help", "keys"], "  keys revoke "],
  [["demo", "--help"], "Usage: mesher demo [OPTIONS]"],
  [["status", "-h"], "--token TOKEN"],
  [["send", "hello", "--help"], "Usage: mesher send MESSAGE [OPTIONS]"],
  [["--version"], "mesher 0."],
])("%j prints it and does nothing else", async (args, text) => {
  const terminal = testTerminal();
  expect(await runProgram(args, terminal)).toBe(0);
  expect(terminal.shown.out).toContain(text);
});
