import type { Event, Exception } from "@mesher/protocol";

/**
 * What extensions, toolbars and proxies throw into pages. Both lists follow relay's
 * (`relay-filter/src/browser_extensions.rs`), which grew from https://docs.sentry.io/platforms/javascript/configuration/filtering/.
 */
const MESSAGE_PARTS = [
  "top.globals",
  "originalcreatenotification",
  "canvas.contentdocument",
  "myapp_removeallhighlights",
  "http://tt.epicplay.com",
  "can't find variable: zitereader",
  "jigsaw is not defined",
  "combosearch is not defined",
  "http://loading.retry.widdit.com/",
  "atomicfindclose",
  "fb_xd_fragment",
  "bmi_safeaddonload",
  "ebcallbackmessagereceived",
  "_gcrweb",
  "conduitpage",
  "null is not an object (evaluating 'elt.parentnode')",
  "plugin.setsuspendstate is not a function",
  "should_do_lastpass_here",
  "extension context invalidated",
  "webkit-masked-url:",
  "can't access dead object",
];

const SOURCE_STARTS = [
  "chrome://",
  "chrome-extension://",
  "moz-extension://",
  "safari-extension://",
  "safari-web-extension://",
];

const SOURCE_PARTS = [
  "graph.facebook.com",
  "connect.facebook.net",
  "eatdifferent.com.woopra-ns.com",
  "static.woopra.com/js/woopra.js",
  "webkit-masked-url",
  "127.0.0.1:4001/isrunning",
  "webappstoolbarba.texthelp.com/",
  "metrics.itunes.apple.com.edgesuite.net/",
  "kaspersky-labs.com",
];

/** Frames that say nothing of where they come from. */
const ANONYMOUS: ReadonlySet<string> = new Set(["<anonymous>", "[native code]"]);

/** Whether what was thrown, or what threw it, is known to be no part of a page. */
export function isOfBrowserExtension(event: Event): boolean {
  const thrown = event.exception?.values.at(-1);
  if (thrown === undefined) return false;
  const message = (thrown.value ?? "").toLowerCase();
  if (MESSAGE_PARTS.some((part) => message.includes(part))) return true;
  const source = sourceOf(thrown).toLowerCase();
  return SOURCE_STARTS.some((start) => source.startsWith(start)) || SOURCE_PARTS.some((part) => source.includes(part));
}

/** The file of the frame that failed, behind those without a name. */
function sourceOf({ stacktrace }: Exception): string {
  const frame = stacktrace?.frames.findLast(({ abs_path: path, filename }) => {
    const name = path ?? filename;
    return name !== undefined && !ANONYMOUS.has(name);
  });
  return frame?.abs_path ?? frame?.filename ?? "";
}
