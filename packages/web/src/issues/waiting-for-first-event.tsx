import type { ApiProject } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { CopyButton } from "../ui/copy-button.tsx";
import { SNIPPET_NAMES, SNIPPETS, type SnippetName } from "./snippets.ts";

/** What a project shows until its first event: all that is needed to send one. */
export function WaitingForFirstEvent({ project, snippet }: { project: ApiProject; snippet: SnippetName | undefined }) {
  const shown = snippet ?? "JavaScript";
  const code = SNIPPETS[shown](project.dsn);
  return (
    <div className="mx-auto max-w-2xl px-4 pt-6 pb-16 sm:px-6 sm:pt-12">
      <p role="status" className="flex items-center gap-2.5 text-dim">
        <span aria-hidden className="pulses size-2 shrink-0 rounded-full bg-green" />
        Waiting for the first event. This page notices by itself.
      </p>
      <h2 className="mt-3 text-xl font-semibold tracking-tight">Point an SDK at this DSN</h2>
      <p className="mt-1 text-dim">Any Sentry SDK works. Change its DSN, leave the rest as it is.</p>

      <div className="mt-5 flex items-center gap-2 rounded-lg border bg-raised py-1.5 pr-1.5 pl-3">
        <code className="min-w-0 grow py-1 wrap-anywhere">{project.dsn}</code>
        <CopyButton text={project.dsn} name="Copy the DSN" />
      </div>

      <div className="mt-5 overflow-hidden rounded-lg border">
        <div className="flex items-center gap-2 border-b bg-raised pr-1.5">
          <nav aria-label="Snippet" className="flex min-w-0 grow overflow-x-auto px-1.5 [scrollbar-width:none]">
            {SNIPPET_NAMES.map((name) => (
              <Link
                key={name}
                to="/projects/$slug"
                params={{ slug: project.slug }}
                search={{ sdk: name === "JavaScript" ? undefined : name }}
                replace
                resetScroll={false}
                ref={name === shown ? keepInView : undefined}
                activeOptions={{ exact: true }}
                className={`-mb-px border-b-2 px-2 py-2 text-xs font-medium whitespace-nowrap focus-visible:-outline-offset-2 ${
                  name === shown ? "border-ink text-ink" : "border-transparent text-dim hover:text-ink"
                }`}
              >
                {name}
              </Link>
            ))}
          </nav>
          <CopyButton text={code} name={`Copy the ${shown} snippet`} />
        </div>
        {/* Scrolls sideways, so the keyboard has to be able to reach it. */}
        <pre
          tabIndex={0}
          className="min-h-44 overflow-x-auto p-3.5 leading-5 wrap-anywhere whitespace-pre-wrap focus-visible:-outline-offset-2"
        >
          <code>{code}</code>
        </pre>
      </div>

      <p className="mt-5 text-dim">
        Or let Mesher send a few of its own: run{" "}
        <code className="rounded bg-raised px-1.5 whitespace-nowrap py-0.5 text-ink">npm run demo</code> where you
        started it.
      </p>
    </div>
  );
}

/** On a narrow screen the row of names scrolls, and the chosen one may be at its end. */
function keepInView(link: HTMLAnchorElement | null): void {
  link?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
