import { remember } from "../../remember.ts";
import { normalizePath } from "./packages.ts";
import { type Facts, type Mark, NO_FACTS } from "./role.ts";

/** What the path of a source file tells of its frame: whether the application's authors wrote it. */
export const factsOfPath: (path: string) => Facts = remember(lookUp);

/** Where package managers of Python, JavaScript, Go, Dart, PHP and Ruby put what others wrote. */
const PACKAGE_FOLDERS =
  /\/(?:site-packages|dist-packages|node_modules|vendor|\.pub-cache|packages\/flutter)\/|\/go\/pkg\/mod\//;
const CONTENT_NETWORKS = /https:\/\/(?:unpkg\.com|cdnjs\.cloudflare\.com|cdn\.jsdelivr\.net|esm\.run)\//;
/** Dart's own library and Sentry's SDK for it. */
const GLUE =
  /^\/?org-dartlang-sdk:\/\/\/|^\/?package:sentry(?:_(?:flutter|logging|dio|file|hive|isar|sqflite|drift|link|firebase_remote_config))?\//;
/** Other observers of errors, by the name of a folder. */
const OBSERVERS = ["newrelic", "logrocket"];

/** Native libraries a machine's owner built, whose sources were not moved since. */
export function isLocalLibrary(path: string): boolean {
  return path.startsWith("/usr/local/lib/") || path.startsWith("/usr/local/Cellar/");
}

/** Files of a Flutter program on Android carry the path of the package instead of a library's. */
export function isDartSource(path: string): boolean {
  return path.endsWith(".dart");
}

function lookUp(path: string): Facts {
  const normalized = normalizePath(path);
  const marks: Mark[] = [];
  if (PACKAGE_FOLDERS.test(normalized) || CONTENT_NETWORKS.test(normalized)) marks.push("not_in_app");
  if (GLUE.test(normalized) || isOfObserver(normalized)) marks.push("not_in_app", "ignored");
  return marks.length === 0 ? NO_FACTS : { role: "none", marks };
}

/** Whether a name between two slashes is, or holds, an observer's. */
function isOfObserver(path: string): boolean {
  const folders = path.slice(path.indexOf("/"), path.lastIndexOf("/"));
  return OBSERVERS.some((name) => folders.includes(name));
}
