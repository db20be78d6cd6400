import { remember } from "../../remember.ts";
import { type Facts, type Mark, NO_FACTS, type Role } from "./role.ts";

/** What the module or class of a frame tells, mostly of Java, Kotlin and Android. */
export const factsOfModule: (module: string) => Facts = remember(lookUp);

/** What the module and the function tell together. */
export function roleOfMethod(module: string, functionName: string): Role | undefined {
  if (!METHODS.has(functionName) && !functionName.startsWith("loadLibrary")) return undefined;
  return ROLES_BY_METHOD.find(([, inModule, method]) => method.test(functionName) && inModule.test(module))?.[0];
}

/** The last that matches counts. */
const ROLES_BY_MODULE: readonly (readonly [Role, RegExp])[] = [
  ["system", /^(?:dalvik\.system|com\.android|com\.lenovo\.lsf)\./],
  ["standard", /^(?:java|javax\.crypto|androidx|android|com\.google\.crypto|com\.google\.android)\./],
  ["system", /^android\.os\./],
  ["interface", /^android\.(?:view|text|widget)\.|^android\.app\.Dialog$|^androidx\..*\.widget\./],
  ["interface", /^com\.google\.android\.material\./],
  ["indirection", /^java\.lang\.reflect\.|^androidx\.work\.impl\.utils\.ForceStopRunnable$/],
  ["telemetry", /^(?:cn\.gundam\.sdk|com\.lenovo\.payplus)\./],
];

const ROLES_BY_METHOD: readonly (readonly [Role, module: RegExp, method: RegExp])[] = [
  ["thread_base", /^android\.app\.ActivityThread/, /^(?:main|handleMessage)$/],
  ["thread_base", /^android\.os\.Looper$/, /^loop$/],
  ["thread_base", /^android\.os\.Handler$/, /^(?:dispatchMessage|handleCallback)$/],
  ["thread_base", /^android\.os\./, /^call$/],
  ["thread_base", /^android\.view\.View$/, /^layout$/],
  ["thread_base", /^java\.util\.concurrent\.ThreadPoolExecutor/, /^runWorker$/],
  ["indirection", /^android\.(?:view|text|widget)\.|^androidx\..*\.widget\./, /^(?:handleMessage|run)$/],
  ["indirection", /^java\.lang\.Class$/, /^getMethod$/],
  ["load", /^java\.lang\.(?:System|Runtime)$/, /^loadLibrary/],
];
const METHODS = new Set(
  "main handleMessage loop dispatchMessage handleCallback call layout runWorker run getMethod".split(" "),
);

/** Frameworks and servers that call an application. */
const FRAMEWORKS =
  /^(?:akka|com\.fasterxml|com\.microsoft|com\.sun|feign|io\.opentelemetry|io\.sentry|jdk|oauth|org\.apache|org\.glassfish|org\.jboss|org\.jdesktop|org\.postgresql|org\.springframework|org\.web3j|reactor\.core|scala|sun)\./;
const KOTLIN = /^(?:kotlin|kotlinx|io\.ktor|io\.netty)\./;
/** What a build adds to JavaScript so that old browsers understand it. */
const POLYFILLS = /^(?:@babel|core-js|regenerator-runtime|tslib)\/|^newrelic$/;
const FOREIGN = /^unpkg\/|\/packages\/flutter\//;

function lookUp(module: string): Facts {
  const framework = FRAMEWORKS.test(module);
  const role = framework ? "framework" : (ROLES_BY_MODULE.findLast(([, shape]) => shape.test(module))?.[0] ?? "none");
  const marks: Mark[] = [];
  if (framework || KOTLIN.test(module) || FOREIGN.test(module)) marks.push("not_in_app");
  if (module.startsWith("io.sentry.")) marks.push("ignored");
  if (POLYFILLS.test(module)) marks.push("not_in_app", "ignored");
  return role === "none" && marks.length === 0 ? NO_FACTS : { role, marks };
}
