/** For each platform the shortest program that reports one error. */

export interface Platform {
  readonly name: string;
  /** What the SDK is installed with; absent: nothing has to be. */
  readonly install?: string;
  readonly code: (dsn: string) => string;
}

export const PLATFORMS = {
  javascript: {
    name: "Browser",
    install: "npm install @sentry/browser",
    code: (dsn) => `import * as Sentry from "@sentry/browser";

Sentry.init({ dsn: "${dsn}" });
Sentry.captureException(new Error("Hello, Mesher"));`,
  },
  "javascript-react": {
    name: "React",
    install: "npm install @sentry/react",
    code: (dsn) => `import * as Sentry from "@sentry/react";
import { createRoot } from "react-dom/client";
import { App } from "./App";

Sentry.init({ dsn: "${dsn}" });
createRoot(document.getElementById("root"), {
  onUncaughtError: Sentry.reactErrorHandler(),
  onCaughtError: Sentry.reactErrorHandler(),
}).render(<App />);
Sentry.captureException(new Error("Hello, Mesher"));`,
  },
  "javascript-vue": {
    name: "Vue",
    install: "npm install @sentry/vue",
    code: (dsn) => `import * as Sentry from "@sentry/vue";
import { createApp } from "vue";
import App from "./App.vue";

const app = createApp(App);
Sentry.init({ app, dsn: "${dsn}" });
app.mount("#app");
Sentry.captureException(new Error("Hello, Mesher"));`,
  },
  node: {
    name: "Node.js",
    install: "npm install @sentry/node",
    code: (dsn) => `import * as Sentry from "@sentry/node";

Sentry.init({ dsn: "${dsn}" });
Sentry.captureException(new Error("Hello, Mesher"));
await Sentry.flush(2000);`,
  },
  python: {
    name: "Python",
    install: "pip install sentry-sdk",
    code: (dsn) => `import sentry_sdk

sentry_sdk.init(dsn="${dsn}")
1 / 0`,
  },
  "python-django": {
    name: "Django",
    install: "pip install sentry-sdk",
    code: (dsn) => `# settings.py
import sentry_sdk

sentry_sdk.init(dsn="${dsn}", send_default_pii=True)

# then: python manage.py shell -c "import sentry_sdk; sentry_sdk.capture_message('Hello, Mesher')"`,
  },
  go: {
    name: "Go",
    install: "go get github.com/getsentry/sentry-go",
    code: (dsn) => `package main

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
  },
  php: {
    name: "PHP",
    install: "composer require sentry/sentry",
    code: (dsn) => `<?php
require "vendor/autoload.php";

\\Sentry\\init(["dsn" => "${dsn}"]);
\\Sentry\\captureException(new Exception("Hello, Mesher"));`,
  },
  "php-laravel": {
    name: "Laravel",
    install: "composer require sentry/sentry-laravel",
    code: (
      dsn,
    ) => `# bootstrap/app.php: ->withExceptions(fn ($exceptions) => \\Sentry\\Laravel\\Integration::handles($exceptions))
php artisan sentry:publish --dsn="${dsn}"
php artisan sentry:test`,
  },
  java: {
    name: "Java",
    install: `implementation("io.sentry:sentry:8.+")`,
    code: (dsn) => `import io.sentry.Sentry;

public class Hello {
  public static void main(String[] arguments) {
    Sentry.init(options -> options.setDsn("${dsn}"));
    Sentry.captureException(new RuntimeException("Hello, Mesher"));
    Sentry.flush(2000);
  }
}`,
  },
  ruby: {
    name: "Ruby",
    install: "gem install sentry-ruby",
    code: (dsn) => `require "sentry-ruby"

Sentry.init do |config|
  config.dsn = "${dsn}"
  config.background_worker_threads = 0
end
Sentry.capture_exception(StandardError.new("Hello, Mesher"))`,
  },
  dotnet: {
    name: ".NET",
    install: "dotnet add package Sentry",
    code: (dsn) => `using Sentry;

using (SentrySdk.Init("${dsn}"))
{
    SentrySdk.CaptureException(new InvalidOperationException("Hello, Mesher"));
}`,
  },
  rust: {
    name: "Rust",
    install: "cargo add sentry",
    code: (dsn) => `fn main() {
    let _guard = sentry::init("${dsn}");
    sentry::capture_message("Hello, Mesher", sentry::Level::Error);
}`,
  },
  other: {
    name: "curl",
    code: (dsn) => {
      const { origin, username, pathname } = new URL(dsn);
      const slash = pathname.lastIndexOf("/");
      return `curl '${origin}${pathname.slice(0, slash)}/api${pathname.slice(slash)}/store/?sentry_key=${username}' \\
  -H 'content-type: application/json' \\
  -d '{"level": "error", "platform": "other", "message": "Hello, Mesher"}'`;
    },
  },
} as const satisfies Record<string, Platform>;

export type PlatformId = keyof typeof PLATFORMS;
export const PLATFORM_IDS = Object.keys(PLATFORMS) as PlatformId[];

/** The snippet for a project's platform, which may be a closer one than those we know: `python-flask`. */
export function platformOf(platform: string | null): PlatformId {
  const known = PLATFORM_IDS.find((id) => id === platform);
  return known ?? PLATFORM_IDS.find((id) => id === platform?.split(/[-.]/)[0]) ?? "node";
}
