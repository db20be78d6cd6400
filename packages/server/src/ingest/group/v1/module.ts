import { remember } from "../../remember.ts";
import { removeBuildMarks } from "./file-name.ts";

/** The module or class of a frame, without what a code generator or a build put into its name. */
export function cleanModule(
  module: string | undefined,
  platform: string,
  path: string | undefined,
): string | undefined {
  if (module === undefined || module === "") return undefined;
  switch (platform) {
    case "java":
      return cleanJavaModule(module) ?? undefined;
    case "javascript":
    case "node":
      // Old SDKs cut the "module" out of the page's address.
      if (module.includes("/") && path?.endsWith(module) === true) return undefined;
      return cleanJavaScriptModule(module);
    case "csharp":
      return removeCompilerMarks(module);
    default:
      return module;
  }
}

const cleanJavaScriptModule = remember((module: string) => removeBuildMarks(module));

const cleanJavaModule = remember((module: string): string | null => {
  // A lambda's class is numbered in the order in which the program happened to reach them.
  if (module.includes("$$Lambda")) return null;
  if (!/[$\d]/.test(module)) return module;
  const named = JAVA_GENERATED.reduce((name, [pattern, replacement]) => name.replace(pattern, replacement), module);
  return withoutClosureNumbers(named);
});

/** Classes that are made at run time, with a number or a hash in their name. */
const JAVA_GENERATED: readonly (readonly [RegExp, string])[] = [
  // Reflection: sun.reflect.GeneratedMethodAccessor12, jdk.internal.reflect.GeneratedConstructorAccessor7
  [/(reflect\.Generated(?:Method|Constructor|SerializationConstructor)Accessor)\d+/, "$1<auto>"],
  // Proxies: com.sun.proxy.$Proxy12, jdk.proxy2.$Proxy34
  [/^jdk\.proxy\d+\./, "jdk.proxy<auto>."],
  [/(\$Proxy)\d+/, "$1<auto>"],
  // CGLIB, by Spring and Guice: Foo$$EnhancerBySpringCGLIB$$1ebdddb0, Foo$EnhancerByGuice$ae46b1bf
  [/(\$\$?(?:EnhancerBy|FastClassBy)\w+?\$\$?)[0-9a-f]+(?:_\d+)?/gi, "$1<auto>"],
  [/(\$\$\w*?CGLIB\$\$)[0-9a-f]+(?:_\d+)?/gi, "$1<auto>"],
  [/(\$\$SpringCGLIB\$\$)\d+/g, "$1<auto>"],
  // Hibernate and Byte Buddy: User$HibernateProxy$oRWxjAWT, Foo$ByteBuddy$k2Jd81, Foo$MockitoMock$1234
  [/(\$(?:HibernateProxy|HibernateBasicProxy|ByteBuddy|MockitoMock|auxiliary)\$)\w+/g, "$1<auto>"],
  // Javassist: EntriesResource_$$_javassist_seam_74, Foo_$$_jvst1a2_3
  [/(\$\$_javassist)(?:_seam)?(?:_\d+)?/, "$1<auto>"],
  [/(\$\$_jvst)[0-9a-f]+_\w+/, "$1<auto>"],
  // Clojure's fn__1234, Groovy's scripts
  [/(\$fn__)\d+/g, "$1<auto>"],
  [/^(Script)\d+(?=$|\$)/, "$1<auto>"],
];

/**
 * Groovy's closures: Foo$_run_closure12. Word by word from its first underscore on, and on from the next one behind each
 * number: a pattern for both would look for a closure from every underscore on.
 */
function withoutClosureNumbers(module: string): string {
  return module.replace(/_\w*/g, (word) => word.replace(/(closure)\d+([^_]*)/g, "$1<auto>$2"));
}

/** C# numbers its closures, lambdas and state machines in the order of the source. */
export function removeCompilerMarks(name: string): string {
  if (!name.includes("__")) return name;
  return (
    name
      .replace(/(DisplayClass)\d+(?:_\d+)?/g, "$1")
      .replace(/([bd]__)\d+(?:_\d+)?/g, "$1")
      // Backwards from the number: forwards, each `g__` of a word would look for its end.
      .replace(/(?<=g__\w+\|)\d+(?:_\d+)?/g, "")
  );
}
