import { remember } from "../../remember.ts";
import { type Facts, type Mark, NO_FACTS, type Role, strongerRole } from "./role.ts";

/** What the name of a native function (C, C++, Objective-C, Swift, Rust) tells of its frame. */
export const factsOfNativeFunction: (name: string) => Facts = remember(lookUp);

/**
 * Functions by their full names, which have no spaces. Sources: the documentation of each system, and Sentry's list
 * of known frames.
 */
const ROLES_BY_NAME: Readonly<Partial<Record<Role, string>>> = {
  system: "memset memcpy __memcpy memcmp",
  thread_base:
    "wWinMain invoke_main BaseThreadInitThunk RtlUserThreadStart TppWorkerThread TppWorkpExecuteCallback " +
    "RtlpTpWorkCallback thread_start _pthread_start __pthread_start _pthread_body start_wqthread _pthread_wqthread " +
    "_dispatch_worker_thread2",
  allocate: "malloc malloc_base RtlpAllocateHeapInternal",
  indirection: "__dynamic_cast",
  destructor: "destructor'",
  shutdown: "exit RtlExitUserProcess ExitProcessImplementation",
  handler: "RtlpExecuteHandlerForException _sigtramp DispatchHookW execute_onexit_table",
  raise:
    "abort raise std::terminate objc_exception_throw _CFThrowFormattedException _CxxThrowException RaiseException " +
    "RaiseComPlusException TppRaiseInvalidParameter RtlExitUserThread",
  free: "free RtlFreeHeap RtlFreeUnicodeString std::_Deallocate objc_release _swift_release_dealloc _CFRelease",
  telemetry: "gpusKillClientExt",
  load: "dlopen dladdr ImageLoaderMachO::findClosestSymbol",
  lock: "pthread_mutex_lock",
};

/** Shapes of names; each with what must be in the name, so that most names need no pattern. */
const ROLES_BY_SHAPE: readonly (readonly [Role, needle: string, shape: RegExp])[] = [
  ["standard", "::", /^(?:boost|std)::/],
  ["runtime", "art::jit::", /^art::jit::/],
  ["internals", "std::_", /^std::_/],
  ["internals", "__swift_", /^__swift_/],
  ["internals", "block_destroy_helper", /^block_destroy_helper/],
  ["interface", "[NSISEngine", /^-\[NSISEngine/],
  ["thread_base", "::thread_proxy", /^boost::.*::thread_proxy$/],
  ["allocate", "::allocator_traits", /^std::.*::allocator_traits/],
  ["indirection", "::operator()", /::operator\(\)/],
  ["indirection", "<lambda>", /<lambda>/],
  ["indirection", "boost::", /^boost::(?:function|_bi::|detail::function::functor_manager)/],
  ["indirection", "Array.subscript.", /^Array\.subscript\./],
  ["destructor", "::{dtor}", /::\{dtor\}$/],
  ["raise", "AG::precondition_failure", /^AG::precondition_failure/],
  ["driver", "CUDA", /CUDA/],
  ["telemetry", "gpusGenerateCrashLog", /^gpusGenerateCrashLog/],
  ["telemetry", "crashpad::", /^crashpad::/],
];

/** Glue of compilers: whatever else such a function is, it is this. */
const GLUE = toSet(
  "closure @callee_guaranteed range Collection.map<T> Array.subscript.getter Array._getElement " +
    "_ArrayBuffer._nativeTypeChecked.getter",
);

/** Where an error is raised on purpose: what comes behind is machinery. */
const BORDERS = toSet(
  "std::panicking::begin_panic core::panicking::begin_panic failure::backtrace::Backtrace::new " +
    "error_chain::make_backtrace _CxxThrowException __cxa_throw __assert_rtn _NSRaiseError",
);
const APP_BORDERS = toSet("std::panicking::panic_fmt core::panicking::panic_fmt");

/** Unreal Engine's own checks and the calls with which a game reports an error itself. */
const UNREAL_BORDERS =
  /^(?:FDebug::CheckVerifyFailedImpl|UE::Assert::Private::ExecCheckImplInternal|USentrySubsystem::(?:CaptureMessage|CaptureEvent|.*execCapture))/;
const RUST_STANDARD = /^(?:std|core|alloc)::|^__rust_|^rust_begin_unwind$/;
const CRASH_REPORTERS =
  /^google_breakpad::|^kscm_|^kscrash_|^sentrycrashcm_|sentrycrash_|^.\[(?:KSCrash|RNSentry|Sentry)|^__.*\[Sentry/;
const BREAKPAD_HANDLERS = /^google_breakpad::ExceptionHandler::(?:SignalHandler|WriteMinidumpWithException)$/;

function lookUp(name: string): Facts {
  const role = roleOf(name);
  const marks = marksOf(name);
  const glue = glueOf(name);
  if (role === "none" && marks.length === 0 && glue === undefined) return NO_FACTS;
  return glue === undefined ? { role, marks } : { role, marks, glue };
}

function roleOf(name: string): Role {
  let role: Role = NAMES.get(name) ?? "none";
  for (const [candidate, needle, shape] of ROLES_BY_SHAPE) {
    if (name.includes(needle) && shape.test(name)) role = strongerRole(role, candidate);
  }
  return role;
}

function glueOf(name: string): Facts["glue"] {
  // The compiler splits the rare half of a function off; the caller is the function itself.
  if (name.endsWith(".cold.1")) return "indirection";
  const isGlue = GLUE.has(name) || /^(?:thunk for closure|closure in |_INTERNAL)/.test(name);
  return isGlue ? "internals" : undefined;
}

function marksOf(name: string): Mark[] {
  const marks: Mark[] = [];
  if (UNREAL_BORDERS.test(name)) marks.push("callers_in_app");
  if (RUST_STANDARD.test(name)) marks.push("not_in_app");
  if (BORDERS.has(name)) marks.push("callees_ignored", "callees_not_in_app");
  if (APP_BORDERS.has(name)) marks.push("callees_not_in_app");
  if (name === "_mh_execute_header" || CRASH_REPORTERS.test(name)) marks.push("not_in_app", "ignored");
  if (BREAKPAD_HANDLERS.test(name)) marks.push("callees_ignored");
  return marks;
}

const NAMES: ReadonlyMap<string, Role> = new Map(
  Object.entries(ROLES_BY_NAME).flatMap(([role, names]) =>
    names.split(" ").map((name) => [name, role as Role] as const),
  ),
);

function toSet(names: string): ReadonlySet<string> {
  return new Set(names.split(" "));
}
