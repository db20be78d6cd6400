import { realpath } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";

/** Whether a directory is another one or lies somewhere in it, by whichever links it is named. Neither need be there. */
export async function isWithin(inner: string, outer: string): Promise<boolean> {
  return !/^\.\.(\/|$)/.test(relative(await placeOf(outer), await placeOf(inner)));
}

async function placeOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return join(await placeOf(dirname(path)), basename(path));
  }
}
