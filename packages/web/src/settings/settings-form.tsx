import type { ApiProjectSettings } from "@mesher/protocol";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { sendJson } from "../api/client.ts";
import { projectSettingsQuery } from "../api/settings-queries.ts";
import { PrimaryButton } from "../ui/button.tsx";
import { FormError, inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { toast } from "../ui/toasts.tsx";

type SettingsPatch = Partial<ApiProjectSettings>;

/** Part of a project's settings. Whoever may not change them sees them all the same. */
export function SettingsForm(props: {
  projectSlug: string;
  mayChange: boolean;
  read: (data: FormData) => SettingsPatch;
  children: ReactNode;
}) {
  const queries = useQueryClient();
  const { projectSlug, mayChange } = props;
  const { queryKey } = projectSettingsQuery(projectSlug);
  const send = (patch: SettingsPatch) =>
    sendJson<ApiProjectSettings>("PATCH", `api/v1/projects/${encodeURIComponent(projectSlug)}/settings`, patch);
  const save = useMutation({
    mutationFn: (patch: SettingsPatch) => send(patch),
    onSuccess: (saved) => {
      queries.setQueryData(queryKey, saved);
      toast("Saved; it counts on every node from now on");
    },
  });
  return (
    <Form onData={(data) => save.mutate(props.read(data))} className="space-y-6">
      <fieldset disabled={!mayChange} className="space-y-6">
        {props.children}
      </fieldset>
      <FormError error={save.error} />
      {mayChange && (
        <PrimaryButton type="submit" disabled={save.isPending}>
          {save.isPending ? "Saving…" : "Save"}
        </PrimaryButton>
      )}
    </Form>
  );
}

export function Check({ name, isOn, children }: { name: string; isOn: boolean; children: ReactNode }) {
  return (
    <label className="flex items-center gap-2">
      <input type="checkbox" name={name} defaultChecked={isOn} className="size-3.5" />
      {children}
    </label>
  );
}

export function ListField({ label, name, values }: { label: string; name: string; values: readonly string[] }) {
  return (
    <label className="block">
      <span className="mb-1 block text-xs font-medium text-dim">{label}, one per line</span>
      <textarea
        name={name}
        rows={3}
        spellCheck={false}
        defaultValue={values.join("\n")}
        className={`${inputClass} h-auto py-1.5 font-mono text-xs`}
      />
    </label>
  );
}

export function linesOf(data: FormData, name: string): string[] {
  return textOf(data, name)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Null if nothing was typed: the default counts. */
export function numberOrNull(data: FormData, name: string): number | null {
  const text = textOf(data, name);
  return text === "" ? null : Number(text);
}
