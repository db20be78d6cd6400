import type { ApiProjectSettings } from "@mesher/protocol";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext } from "react";
import { getTagged, sendJson } from "../api/client.ts";
import { projectSettingsQuery } from "../api/settings-queries.ts";
import { PrimaryButton } from "../ui/button.tsx";
import { FormError, inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { toast } from "../ui/toasts.tsx";

type SettingsPatch = Partial<ApiProjectSettings>;

/** What the forms of the page began with, and who is told of what they have become. */
export interface OpenedSettings {
  readonly settings: ApiProjectSettings;
  readonly onSaved: (saved: ApiProjectSettings) => void;
}

export const Opened = createContext<OpenedSettings | undefined>(undefined);

/** Part of a project's settings. Whoever may not change them sees them all the same. */
export function SettingsForm(props: {
  projectSlug: string;
  mayChange: boolean;
  read: (data: FormData) => SettingsPatch;
  children: ReactNode;
}) {
  const queries = useQueryClient();
  const { projectSlug, mayChange } = props;
  const opened = useContext(Opened);
  const { queryKey } = projectSettingsQuery(projectSlug);
  const path = `api/v1/projects/${encodeURIComponent(projectSlug)}/settings`;
  const save = useMutation({
    mutationFn: async (patch: SettingsPatch) => {
      const { answer: now, tag } = await getTagged<ApiProjectSettings>(path, new AbortController().signal);
      if (opened !== undefined && !isSame(patch, opened.settings, now)) {
        throw new Error("Somebody has changed this meanwhile. Load the page again to see it.");
      }
      return sendJson<ApiProjectSettings>("PATCH", path, patch, { ifMatch: tag });
    },
    onSuccess: (saved) => {
      queries.setQueryData(queryKey, saved);
      opened?.onSaved(saved);
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

/** Of all that a patch would change: what others did to the rest of the settings is nothing to it. */
function isSame(patch: SettingsPatch, one: ApiProjectSettings, other: ApiProjectSettings): boolean {
  const names = Object.keys(patch) as (keyof ApiProjectSettings)[];
  return names.every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
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
