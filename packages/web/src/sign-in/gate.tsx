import type { ReactNode } from "react";
import { LogoMark } from "../app/logo.tsx";

/** What is around the pages before somebody is in. */
export function Gate({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  return (
    <main className="mx-auto grid min-h-dvh max-w-88 content-center px-4 pt-10 pb-24">
      <title>{`${title} · Mesher`}</title>
      <LogoMark className="mb-5 size-8" />
      <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
      {lead !== undefined && <p className="mt-1 text-dim">{lead}</p>}
      {children}
    </main>
  );
}

/** For a link that leads nowhere, so that nobody stands before a wall. */
export function WayToSignIn() {
  return (
    <p className="mt-5">
      <a href="./" className="underline">
        Sign in
      </a>
    </p>
  );
}
