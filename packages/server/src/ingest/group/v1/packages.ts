import { remember } from "../../remember.ts";
import { type Facts, type Mark, NO_FACTS, type Role, strongerRole } from "./role.ts";

/** What the file of a program or library (`/usr/lib/libc.dylib`, `C:\Windows\…`) tells of its native frames. */
export const factsOfPackage: (path: string) => Facts = remember(lookUp);

/** Case and the kind of slash are the system's; a missing first slash is a symbolicator's. */
export function normalizePath(path: string): string {
  const normalized = path.toLowerCase().replaceAll("\\", "/");
  return normalized.startsWith("/") || /^[a-z]:/.test(normalized) ? normalized : `/${normalized}`;
}

function lookUp(path: string): Facts {
  const normalized = normalizePath(path);
  const role = ROLES_BY_PATH.reduce<Role>(
    (known, [candidate, shape]) => (shape.test(normalized) ? strongerRole(known, candidate) : known),
    "none",
  );
  const marks: Mark[] = [];
  if (APPLICATIONS.test(normalized)) marks.push("in_app");
  if (LIBRARIES.test(normalized)) marks.push("not_in_app");
  return role === "none" && marks.length === 0 ? NO_FACTS : { role, marks };
}

/** Where iOS, its simulator and macOS keep what is not theirs. */
const APPLICATIONS =
  /^\/(?:private\/)?var\/containers\/bundle\/application\/|\/containers\/bundle\/application\/|\/developer\/coresimulator\/devices\/|\.app\/contents\/|^\/users\//;

const LIBRARIES =
  /^\/lib\/|^\/usr\/lib\/|^\/linux-gate\.so|\/frameworks\/libswift[^/]*\.dylib$|\/frameworks\/(?:kscrash|sentryswift|sentry)\.framework\//;

/** A name between slash and end is a library whose folder the SDK left out. */
const ROLES_BY_PATH: readonly (readonly [Role, RegExp])[] = [
  ["system", /^\/system\/library\/frameworks\/|^c:\/windows\/|^\/usr\/lib\/|^\/system\/|^\/vendor\/|\/libart\.so$/],
  ["system", /^\/(?:corefoundation|foundation|cfnetwork|iokit|quartzcore|iomobileframebuffer|webkit)$/],
  ["system", /^\/(?:libobjc|libsystem)[^/]*$|^\/libdispatch\.dylib$|^\/apex\/com\.android\.[^/]*\/lib/],
  ["interface", /^\/(?:uikit|uikitcore|swiftui|attributegraph|coreautolayout|graphicsservices)$/],
  ["audio", /^\/system\/lib\/(?:libmedia|libaudioclient)\.so$|^\/audiotoolbox[^/]*$|^\/libaudiotoolboxutility\.dylib$/],
  ["allocate", /\/libsystem_malloc\.dylib$/],
  ["driver", /^c:\/windows\/system32\/driverstore\/|^c:\/program files\/nvidia corporation\/|\/nvcuda\.dll$/],
  ["driver", /^\/system\/library\/extensions\/(?:appleintel[^/]*graphicsgldriver|geforcegldriver)\.bundle\//],
  [
    "driver",
    /^\/system\/library\/extensions\/amdradeon|^\/system\/library\/privateframeworks\/gpusupport\.framework\//,
  ],
  ["driver", /^\/(?:libgpusupportmercury\.dylib|agxgldriver)$/],
  ["graphics", /^c:\/windows\/system32\/opengl32\.dll$|^\/(?:opengles|glengine)$/],
  ["graphics", /^\/system\/library\/frameworks\/(?:opengl|opencl)\.framework\//],
  ["graphics", /^\/system\/lib\/(?:libegl|libskia)\.so$|\/lib(?:esx)?gles[^/]*\.so$/],
  ["telemetry", /\/libbugly\.so$/],
];
