import { type ApiNotificationPreferences, NOTIFICATION_MODES, type NotificationMode } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sendJson } from "../api/client.ts";
import { preferencesQuery } from "../api/destination-queries.ts";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { toast, toastFailure } from "../ui/toasts.tsx";
import { SettingsFrame } from "./settings-frame.tsx";

/** What a person wants to hear by mail. */
export function NotificationsPage() {
  return (
    <SettingsFrame title="Notifications">
      {({ session }) =>
        session.user === null ? (
          <Notice title="An access token gets no mail.">Sign in with a password to choose what you hear.</Notice>
        ) : (
          <Preferences />
        )
      }
    </SettingsFrame>
  );
}

const MODE: Readonly<Record<NotificationMode, { readonly name: string; readonly text: string }>> = {
  instant: { name: "At once", text: "A mail for every alert that is for you." },
  hourly: { name: "Every hour", text: "What came in an hour, in one mail." },
  daily: { name: "Every day", text: "What came in a day, in one mail." },
  mute: { name: "Never", text: "No mail about alerts; they are on these pages." },
};

type Change = Partial<Pick<ApiNotificationPreferences, "mode" | "only_assigned" | "weekly_report">>;

function Preferences() {
  const queries = useQueryClient();
  const preferences = useQuery(preferencesQuery());
  const key = preferencesQuery().queryKey;
  // What was chosen is shown in the same moment: a browser's own control would otherwise jump back until the answer is there.
  const [chosen, setChosen] = useState<Change>({});
  const save = useMutation({
    scope: { id: "notification-preferences" },
    mutationFn: (change: Change) =>
      sendJson<ApiNotificationPreferences>("PATCH", "api/v1/me/notification-preferences", change),
    onSuccess: (saved, change) => {
      const before = queries.getQueryData(key);
      queries.setQueryData(key, saved);
      toast("Saved", before && (() => choose(undoOf(before, change))));
    },
    onError: (error) => toastFailure("Nothing was changed.", error),
  });
  const choose = (change: Change) => {
    setChosen((others) => ({ ...others, ...change }));
    // Told of the last one only, and they go one after the other.
    save.mutate(change, { onSettled: () => setChosen({}) });
  };
  if (preferences.isPending) return <Bone className="h-48 w-full" />;
  if (preferences.data === undefined) {
    return (
      <Failure
        title="What you want to hear could not be loaded."
        error={preferences.error}
        onRetry={() => void preferences.refetch()}
      />
    );
  }
  const { mode, only_assigned, weekly_report, email, is_mail_set_up } = { ...preferences.data, ...chosen };
  return (
    <div className="space-y-8">
      {!is_mail_set_up && (
        <p className="rounded-lg bg-amber-wash px-3 py-2 text-amber">
          This server cannot send mail yet: whoever runs it has to set MESHER_SMTP_URL. What you choose counts from then
          on.
        </p>
      )}
      <Section title="Mail about alerts">
        <p className="mb-3 text-dim">
          To {email}, in this organization. You hear of alerts whose rule names you, or everybody.
        </p>
        <div role="radiogroup" aria-label="How often" className="divide-y rounded-lg border">
          {NOTIFICATION_MODES.map((each) => (
            <label key={each} className="flex items-start gap-3 px-3 py-2 hover:bg-hover">
              <input
                type="radio"
                name="mode"
                checked={mode === each}
                onChange={() => choose({ mode: each })}
                className="mt-[3px]"
              />
              <span className="w-20 shrink-0 font-medium">{MODE[each].name}</span>
              <span className="text-dim">{MODE[each].text}</span>
            </label>
          ))}
        </div>
        <Check isOn={only_assigned} disabled={mode === "mute"} onChange={(isOn) => choose({ only_assigned: isOn })}>
          Only about issues that are assigned to me or to a team of mine
        </Check>
      </Section>
      <Section title="Weekly report">
        <Check isOn={weekly_report} onChange={(isOn) => choose({ weekly_report: isOn })}>
          A mail every week: what was new, what came back, what happened most
        </Check>
      </Section>
    </div>
  );
}

function undoOf(before: ApiNotificationPreferences, change: Change): Change {
  return Object.fromEntries(Object.keys(change).map((name) => [name, before[name as keyof Change]]));
}

function Check(props: { isOn: boolean; disabled?: boolean; onChange: (isOn: boolean) => void; children: string }) {
  return (
    <label className="mt-3 flex items-start gap-2">
      <input
        type="checkbox"
        checked={props.isOn}
        disabled={props.disabled}
        onChange={({ target: { checked } }) => props.onChange(checked)}
        className="mt-[3px]"
      />
      {props.children}
    </label>
  );
}
