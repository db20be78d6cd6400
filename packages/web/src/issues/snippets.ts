/** The shortest program that reports one error, for each kind of SDK. */
export const SNIPPETS = {
  JavaScript: (dsn) => `// npm install @sentry/node    (in a page: @sentry/browser)
import * as Sentry from "@sentry/node";

Sentry.init({ dsn: "${dsn}" });
Sentry.captureException(new Error("Hello, Mesher"));
await Sentry.flush(2000);`,

  Python: (dsn) => `# pip install sentry-sdk
import sentry_sdk

sentry_sdk.init(dsn="${dsn}")
1 / 0`,

  Go: (dsn) => `// go get github.com/getsentry/sentry-go
package main

import (
	"errors"
	"time"

	"github.com/getsentry/sentry-go"
)

func main() {
	sentry.Init(sentry.ClientOptions{Dsn: "${dsn}", AttachStacktrace: true})
	defer sentry.Flush(2 * time.Second)
	sentry.CaptureException(errors.New("Hello, Mesher"))
}`,

  PHP: (dsn) => `<?php // composer require sentry/sentry
require "vendor/autoload.php";

\\Sentry\\init(["dsn" => "${dsn}"]);
\\Sentry\\captureException(new Exception("Hello, Mesher"));`,

  Java: (dsn) => `// io.sentry:sentry
import io.sentry.Sentry;

class Hello {
  public static void main(String[] arguments) {
    Sentry.init(options -> options.setDsn("${dsn}"));
    Sentry.captureException(new RuntimeException("Hello, Mesher"));
    Sentry.flush(2000);
  }
}`,

  Ruby: (dsn) => `# gem install sentry-ruby
require "sentry-ruby"

Sentry.init do |config|
  config.dsn = "${dsn}"
  config.background_worker_threads = 0
end
Sentry.capture_exception(StandardError.new("Hello, Mesher"))`,

  ".NET": (dsn) => `// dotnet add package Sentry
using Sentry;

using (SentrySdk.Init("${dsn}"))
{
    SentrySdk.CaptureException(new InvalidOperationException("Hello, Mesher"));
}`,

  curl: (dsn) => {
    const { origin, username, pathname } = new URL(dsn);
    const slash = pathname.lastIndexOf("/");
    return `curl '${origin}${pathname.slice(0, slash)}/api${pathname.slice(slash)}/store/?sentry_key=${username}' \\
  -H 'content-type: application/json' \\
  -d '{"level": "error", "platform": "other", "message": "Hello, Mesher"}'`;
  },
} as const satisfies Record<string, (dsn: string) => string>;

export type SnippetName = keyof typeof SNIPPETS;
export const SNIPPET_NAMES = Object.keys(SNIPPETS) as SnippetName[];
