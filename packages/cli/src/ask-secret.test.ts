import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { askSecret } from "./ask-secret.ts";

const BACKSPACE = "\u007f";
const CTRL_C = "\u0003";

test("a secret that is typed is read, corrected, and not shown", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asked = askSecret("Password: ", { input, output });
  for (const key of ["p", "ä", "x", BACKSPACE, "ss", "\r"]) input.write(key);
  expect(await asked).toBe("päss");
  output.end();
  expect(await text(output)).toBe("Password: \n");
});

test("Ctrl-C ends the question", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asked = askSecret("Password: ", { input, output });
  input.write(`half${CTRL_C}`);
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});
