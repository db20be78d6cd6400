import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { sendJson } from "../api/client.ts";
import { buttonClass } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { toast, toastFailure } from "../ui/toasts.tsx";

interface Change {
  readonly method?: "POST" | "PATCH";
  readonly path: string;
  readonly body?: object;
  /** What is said when it is done. */
  readonly done: string;
}

/** A change with one button: it is made, said, and what it touched is read again. */
export function useChange<Answer = unknown>(...touched: readonly QueryKey[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ method = "POST", path, body }: Change) => sendJson<Answer>(method, path, body),
    onSuccess: (_answer, { done }) => toast(done),
    onError: (error) => toastFailure("Nothing was changed.", error),
    onSettled: () => Promise.all(touched.map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}

/** Something that is shown now and never again. */
export function ShownOnce({ title, text }: { title: string; text: string }) {
  return (
    <div role="status" className="mt-3 rounded-lg border border-edge bg-amber-wash p-3">
      <p className="mb-2 text-amber">{title}</p>
      <div className="flex items-center gap-2">
        <code className="min-w-0 grow wrap-anywhere whitespace-pre-wrap">{text}</code>
        <CopyButton text={text} name="Copy it" />
      </div>
    </div>
  );
}

export function Lines({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className="divide-y rounded-lg border">
      {children}
    </ul>
  );
}

export function Line(props: {
  title: ReactNode;
  detail?: ReactNode;
  children?: ReactNode;
  /** What the line opens to, as wide as it is. */
  below?: ReactNode;
}) {
  const { title, detail, children, below } = props;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1.5 px-3 py-2">
      <div className="min-w-0 flex-[1_1_14rem]">
        <p className="font-medium wrap-anywhere">{title}</p>
        {detail !== undefined && <div className="text-xs wrap-anywhere text-dim">{detail}</div>}
      </div>
      <div className="flex flex-wrap items-center gap-1.5">{children}</div>
      {below}
    </li>
  );
}

/** To a page of a project, beside its line. */
export function LineLink(props: {
  to: "/projects/$slug" | "/projects/$slug/settings";
  slug: string;
  children: ReactNode;
}) {
  return (
    <Link to={props.to} params={{ slug: props.slug }} className={buttonClass}>
      {props.children}
    </Link>
  );
}
