import type { ApiProject } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { CopyButton } from "../ui/copy-button.tsx";
import { PLATFORM_IDS, PLATFORMS, type Platform, type PlatformId, platformOf } from "./snippets.ts";

/** What a project shows until its first event: all that is needed to send one. */
export function WaitingForFirstEvent({ project, chosen }: { project: ApiProject; chosen: PlatformId | undefined }) {
  // Before anything is made of its DSN, which is none.
  if (project.dsn === "") return <WithoutKey slug={project.slug} />;
  const usual = platformOf(project.platform);
  const shown = chosen ?? usual;
  const { name, install, code }: Platform = PLATFORMS[shown];
  const snippet = code(project.dsn);
  return (
    <div className="mx-auto max-w-2xl px-4 pt-6 pb-16 sm:px-6 sm:pt-12">
      <p role="status" className="flex items-center gap-2.5 text-dim">
        <span aria-hidden className="pulses size-2 shrink-0 rounded-full bg-green" />
        Waiting for the first event. This page notices by itself.
      </p>
      <h2 className="mt-3 text-xl font-semibold tracking-tight">Point an SDK at this DSN</h2>
      <p className="mt-1 text-dim">Any Sentry SDK works. Change its DSN, leave the rest as it is.</p>

      <CodeLine text={project.dsn} name="Copy the DSN" className="mt-5" />

      <div className="mt-5 overflow-hidden rounded-lg border">
        <div className="flex items-center gap-2 border-b bg-raised pr-1.5">
          <nav
            aria-label="Snippet"
            className="flex min-w-0 grow flex-wrap px-1.5 max-sm:flex-nowrap max-sm:overflow-x-auto [scrollbar-width:none]"
          >
            {PLATFORM_IDS.map((id) => (
              <Link
                key={id}
                to="/projects/$slug"
                params={{ slug: project.slug }}
                search={{ sdk: id === usual ? undefined : id }}
                replace
                preload={false}
                resetScroll={false}
                ref={id === shown ? keepInView : undefined}
                activeOptions={{ exact: true }}
                aria-current={id === shown ? "true" : undefined}
                className={`-mb-px border-b-2 px-2 py-2 text-xs font-medium whitespace-nowrap focus-visible:-outline-offset-2 ${
                  id === shown ? "border-ink text-ink" : "border-transparent text-dim hover:text-ink"
                }`}
              >
                {PLATFORMS[id].name}
              </Link>
            ))}
          </nav>
        </div>
        {install !== undefined && (
          <div className="flex items-center gap-2 border-b py-1 pr-1.5 pl-3.5">
            <code className="min-w-0 grow py-1 wrap-anywhere">{install}</code>
            <CopyButton text={install} name={`Copy what installs it for ${name}`} />
          </div>
        )}
        <div className="relative">
          {/* Scrolls sideways, so the keyboard has to be able to reach it. */}
          <pre
            tabIndex={0}
            className="min-h-44 overflow-x-auto p-3.5 pr-20 leading-5 wrap-anywhere whitespace-pre-wrap focus-visible:-outline-offset-2"
          >
            <code>{snippet}</code>
          </pre>
          <div className="absolute top-2 right-1.5">
            <CopyButton text={snippet} name={`Copy the ${name} snippet`} />
          </div>
        </div>
      </div>

      <p className="mt-5 text-dim">
        Or let Mesher send a few of its own: run{" "}
        <code className="rounded bg-raised px-1.5 py-0.5 whitespace-nowrap text-ink">npm run demo</code> where you
        started it.
      </p>
    </div>
  );
}

/** Snippets with half a DSN would be worse than none. */
function WithoutKey({ slug }: { slug: string }) {
  return (
    <p role="status" className="mx-auto max-w-2xl px-4 pt-6 text-dim sm:px-6 sm:pt-12">
      No key of this project is valid, so nothing can be sent to it.{" "}
      <Link to="/projects/$slug/settings" params={{ slug }} search={{ tab: "keys" }} className="underline">
        Make a key in its settings.
      </Link>
    </p>
  );
}

function CodeLine({ text, name, className }: { text: string; name: string; className: string }) {
  return (
    <div className={`flex items-center gap-2 rounded-lg border bg-raised py-1.5 pr-1.5 pl-3 ${className}`}>
      <code className="min-w-0 grow py-1 wrap-anywhere">{text}</code>
      <CopyButton text={text} name={name} />
    </div>
  );
}

/** On a narrow screen the row of names scrolls, and the chosen one may be at its end. */
function keepInView(link: HTMLAnchorElement | null): void {
  link?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
