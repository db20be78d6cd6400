import { useState } from "react";
import { CopyButton } from "../ui/copy-button.tsx";
import { Section } from "../ui/section.tsx";

const COOKIE_BYTES = 24;

/** How a node that stands alone gets company. */
export function ClusterHowTo() {
  // Whoever copies it twice wants the same on both machines.
  const [cookie] = useState(makeCookie);
  const host = location.hostname;
  const first = settingsOf("mesher1", host, "mesher2@other-host:9100", cookie);
  const second = settingsOf("mesher2", "other-host", `mesher1@${host}:9100`, cookie);
  return (
    <Section title="Make it a cluster">
      <p className="max-w-prose text-dim">
        A second node keeps a copy of what this one accepts, helps when there is much to store, and takes over when this
        one is gone. Three settings on each node, and the same <code>DATABASE_URL</code> for all; then start them. They
        find each other by themselves.
      </p>
      <Settings title="Here" text={first} name="Copy the settings for here" />
      <Settings title="On the other machine" text={second} name="Copy the settings for the other machine" />
      <p className="mt-3 max-w-prose text-xs text-faint">
        The cookie was made in this browser, is known to nobody else, and proves that a node belongs to the cluster. The
        name is the address at which other nodes reach this one. One peer that can be reached is enough.
      </p>
    </Section>
  );
}

function Settings({ title, text, name }: { title: string; text: string; name: string }) {
  return (
    <div className="mt-3">
      <div className="mb-1 flex items-center justify-between gap-3">
        <h3 className="text-xs font-medium text-dim">{title}</h3>
        <CopyButton text={text} name={name} />
      </div>
      <pre tabIndex={0} className="overflow-x-auto rounded-lg border bg-raised px-3 py-2">
        {text}
      </pre>
    </div>
  );
}

function settingsOf(name: string, host: string, peer: string, cookie: string): string {
  return [`MESHER_NODE_NAME=${name}@${host}:9100`, `MESHER_COOKIE=${cookie}`, `MESHER_PEERS=${peer}`].join("\n");
}

function makeCookie(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(COOKIE_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
