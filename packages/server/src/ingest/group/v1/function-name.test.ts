import { describe, expect, it } from "vitest";
import { cleanFunctionName } from "./function-name.ts";

function clean(name: string, platform: string): string | undefined {
  return cleanFunctionName({ function: name }, platform);
}

describe("native function names", () => {
  it.each([
    ["without arguments", "int main(int, char**)", "main"],
    [
      "without template arguments",
      "std::vector<int, std::allocator<int> >::push_back(int&&)",
      "std::vector<T>::push_back",
    ],
    ["without qualifiers", "unsigned int Foo::bar() const &", "Foo::bar"],
    ["with operators", "Foo::operator()(int) const", "Foo::operator()"],
    ["with operators that look like brackets", "operator<<(std::ostream&, int)", "operator<<"],
    ["without Rust's hash", "core::ptr::drop_in_place::h0123456789abcdef", "core::ptr::drop_in_place"],
    ["with the owner of a Rust trait's method", "<app::Logger as log::Log>::log", "app::Logger::log"],
    ["with the trait of a Rust blanket method", "<T as core::any::Any>::type_id", "core::any::Any::type_id"],
    ["with Rust's closures", "app::main::{{closure}}", "app::main::{{closure}}"],
    ["without the linker's versions", "memcpy@@GLIBC_2.14", "memcpy"],
    ["without Windows' argument size", "_foo@8", "_foo"],
    ["without the optimizer's copies", "parse.isra.0", "parse"],
    ["with Objective-C's brackets", "-[Foo bar:baz:]", "-[Foo bar:baz:]"],
  ])("are %s", (_, name, expected) => {
    expect(clean(name, "native")).toBe(expected);
  });

  it("are the same for an unnamed namespace of any compiler", () => {
    const names = ["(anonymous namespace)::start(int)", "`anonymous namespace'::start", "?A0xc3a0617d::start"];
    expect(new Set(names.map((name) => clean(name, "native"))).size).toBe(1);
  });

  it("are the same for a lambda of any compiler", () => {
    const names = ["main::$_0::operator()(int) const", "main()::{lambda(int)#1}::operator()(int) const"];
    expect(new Set(names.map((name) => clean(name, "native"))).size).toBe(1);
  });

  it.each([
    ["main()::{lambda(A::{lambda()#1})#2}::run", "main::lambda)#2}::run"],
    ["a::'lambda'(int)::b", "a::lambda::b"],
    ["a::'lambda0'(b", "a::lambda"],
    ["{lambda(int)", "{lambda"],
    ["a [clone .cold] [clone .", "[clone ."],
    ["<<<a as B>::C as D>::E as F>::g", "a::C::E::g"],
  ])("of lambdas, clones and owners stay what version 1 made of them: %s", (name, expected) => {
    expect(clean(name, "native")).toBe(expected);
  });

  it("do not count Objective-C's blocks", () => {
    expect(clean("__9-[Foo bar]_block_invoke_2", "cocoa")).toBe(clean("__9-[Foo bar]_block_invoke_7", "cocoa"));
  });

  it("are Swift's without types", () => {
    expect(clean("Foo.bar(x: Swift.Int) throws -> [String : Any]", "cocoa")).toBe("Foo.bar");
    expect(clean("@objc Foo.bar(x: Swift.Int)", "cocoa")).toBe("Foo.bar");
    expect(clean("closure #1 (Swift.Int) -> () in Foo.bar() -> ()", "cocoa")).toBe("closure in Foo.bar");
    expect(clean("thunk for @escaping @callee_guaranteed () -> ()", "cocoa")).toBe("thunk for closure");
  });

  it.each(["<redacted>", "<unknown>", "?"])("are none for %s", (name) => {
    expect(clean(name, "native")).toBeUndefined();
  });

  it.each([
    ["Foo::bar(int) const volatile noexcept", "Foo::bar"],
    ["Foo::bar(int) & const && ", "Foo::bar"],
    ["Foo::reconst", "Foo::reconst"],
    ["operator&", "operator&"],
    ["a &x", "&x"],
  ])("are without what C++ writes behind the arguments, and only that: %s", (name, expected) => {
    expect(clean(name, "native")).toBe(expected);
  });

  it.each(["&", " ", "const ", "& ", "<", "(<", "{lambda(", "'lambda'(", "[clone .", "$_1", "@1"])(
    "take little time for many %j",
    (part) => {
      const started = performance.now();
      clean(`f(a)${part.repeat(20_000)}x`, "native");
      clean(`${part.repeat(20_000)}${")>]".repeat(20_000)}::f`, "native");
      expect(performance.now() - started).toBeLessThan(500);
    },
  );

  it("are taken as they are when the raw name is given too", () => {
    expect(cleanFunctionName({ function: "a(b)", raw_function: "x a(b)" }, "native")).toBe("a(b)");
  });
});

describe("JavaScript function names", () => {
  it.each(["aha", "Object.aha", "Foo.prototype.aha", "new aha", "async aha", "Foo.aha [as bar]"])(
    "are the same in every browser: %s",
    (name) => {
      expect(clean(name, "javascript")).toBe("aha");
    },
  );

  it("keep brackets that are no other name at the end", () => {
    expect(clean("Foo.map[1] [as b] [as c]", "javascript")).toBe("map[1] [as b]");
    expect(clean("Foo.map[1]", "javascript")).toBe("map[1]");
  });

  it.each(["?", "<anonymous>", "Object.<anonymous>", "Anonymous function", "test/<"])("are none for %s", (name) => {
    expect(clean(name, "javascript")).toBeUndefined();
  });
});

describe("function names of other languages", () => {
  it.each([
    ["java", "lambda$work$1", undefined],
    ["java", "access$000", "access$"],
    ["ruby", "block in _conditional_callback_around_233", "block"],
    ["ruby", "_app_views_home_index_html_erb__3275845_70104", "_app_views_home_index_html_erb"],
    ["php", "class@anonymous\0/srv/a.php:12$0::run", "run"],
    ["php", "[Anonymous function]", undefined],
    ["php", "{closure:App\\foo():12}", "{closure:App\\foo()}"],
    ["csharp", "Foo.Bar (System.Int32 x)", "Foo.Bar"],
    ["csharp", "<Run>b__3_0", "<Run>b__"],
    ["csharp", "<Run>g__Inner|12_3", "<Run>g__Inner|"],
    ["python", "<lambda>", "<lambda>"],
  ])("of %s: %j becomes %j", (platform, name, expected) => {
    expect(clean(name, platform)).toBe(expected);
  });
});

it.each([
  ["javascript", " [as "],
  ["csharp", "g__"],
  ["ruby", "__1111_1111"],
  ["php", "{closure:1"],
])("a function's name of %s takes little time though it repeats %j", (platform, part) => {
  const started = performance.now();
  clean(`a${part.repeat(20_000)}]`, platform);
  expect(performance.now() - started).toBeLessThan(500);
});
