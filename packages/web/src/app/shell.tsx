import { Outlet, useNavigate } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { isSignInDemanded, onSignInChange } from "../api/token.ts";
import { useFreshIssues } from "../live/use-fresh-issues.ts";
import { SignInPage } from "../sign-in/sign-in-page.tsx";
import { Button } from "../ui/button.tsx";
import { Toasts } from "../ui/toasts.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { useCurrentProject, useRenamedProject } from "./current-project.ts";
import { MAIN_ID, useKeptFocus } from "./keep-focus.ts";
import { KeysHelp } from "./keys-help.tsx";
import { Sidebar, TopBar } from "./navigation.tsx";
import { Palette } from "./palette.tsx";
import { PROJECT_PLACES } from "./places.ts";
import { useOneLogin } from "./use-one-login.ts";

/** What is around every page: a sidebar, or on a narrow screen a bar on top. */
export function Shell() {
  const needsSignIn = useSyncExternalStore(onSignInChange, isSignInDemanded);
  useKeptFocus();
  useOneLogin();
  if (needsSignIn) return <SignInPage />;
  return (
    <div className="lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
      <SkipToContent />
      <TopBar />
      <Sidebar />
      <main id={MAIN_ID} tabIndex={-1} className="min-w-0 outline-none">
        <Outlet />
      </main>
      <Toasts />
      <KeysHelp />
      <Palette />
      <PlaceKeys />
      <FreshIssues />
      <RenamedProject />
    </div>
  );
}

function FreshIssues() {
  const slug = useCurrentProject()?.slug;
  return slug === undefined ? null : <FreshIssuesOf key={slug} projectSlug={slug} />;
}

function FreshIssuesOf({ projectSlug }: { projectSlug: string }) {
  useFreshIssues(projectSlug);
  return null;
}

function RenamedProject() {
  useRenamedProject();
  return null;
}

/** `g` and a letter lead to a place. */
function PlaceKeys() {
  const navigate = useNavigate();
  const slug = useCurrentProject()?.slug;
  const ofProject = PROJECT_PLACES.map(({ to, key }) => [
    key,
    () => void navigate({ to, params: { slug: slug ?? "" } }),
  ]);
  useKeys({
    "g o": () => void navigate({ to: "/" }),
    ...(slug !== undefined && Object.fromEntries(ofProject)),
  });
  return null;
}

/** A button, since a link to `#main` would be relative to the base of the document. */
function SkipToContent() {
  return (
    <Button
      onClick={() => document.getElementById(MAIN_ID)?.focus()}
      className="absolute top-2 left-2 z-10 not-focus:sr-only"
    >
      Skip to content
    </Button>
  );
}
