import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { loginsQuery } from "../api/settings-queries.ts";
import { NewPasswordField, PasswordField } from "../sign-in/password-field.tsx";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, passwordOf, textOf } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { toast } from "../ui/toasts.tsx";
import { prove } from "./ask-password.tsx";
import { browserName } from "./browser-name.ts";
import { Line, Lines, useChange } from "./parts.tsx";
import { Passkeys } from "./passkeys.tsx";
import { RecoveryCodes, TwoFactor } from "./second-factor.tsx";
import { SettingsFrame } from "./settings-frame.tsx";

export function AccountPage() {
  return (
    <SettingsFrame title="Account">
      {({ session: { user } }) =>
        user === null ? (
          <Notice title="An access token has no account.">Sign in with a password to see yours.</Notice>
        ) : (
          <div className="space-y-8">
            <Name name={user.display_name} email={user.email} />
            <TwoFactor isOn={user.two_factor} />
            {user.two_factor && <RecoveryCodes />}
            <Passkeys />
            <Password />
            <Logins />
          </div>
        )
      }
    </SettingsFrame>
  );
}

function Name({ name, email }: { name: string; email: string }) {
  const change = useChange(["session"]);
  return (
    <Section title="Name">
      <Form
        key={name}
        onData={(data) =>
          change.mutate({
            method: "PATCH",
            path: "api/v1/me",
            body: { display_name: textOf(data, "display_name") },
            done: "Your name is changed",
          })
        }
        className="flex flex-wrap items-end gap-2"
      >
        <Field
          label="What others see"
          name="display_name"
          autoComplete="name"
          required
          maxLength={100}
          pattern=".*\S.*"
          defaultValue={name}
          className="max-w-64 grow"
        />
        <Button type="submit" className="h-8" disabled={change.isPending}>
          Save
        </Button>
      </Form>
      <p className="mt-2 text-xs text-faint">You sign in as {email}.</p>
    </Section>
  );
}

function Password() {
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const change = useMutation({
    mutationFn: (data: FormData) =>
      prove("change-password", {
        currentPassword: passwordOf(data, "current"),
        newPassword: passwordOf(data, "new"),
      }),
    onSuccess: () => {
      form.current?.reset();
      toast("The password is changed; you are signed out everywhere else");
      return queries.invalidateQueries({ queryKey: ["logins"] });
    },
  });
  return (
    <Section title="Password">
      <Form ref={form} onData={(data) => change.mutate(data)} className="flex flex-wrap items-start gap-2">
        <PasswordField label="Current password" name="current" className="max-w-64 grow" />
        <NewPasswordField label="New password" name="new" className="max-w-64 grow" />
        <Button type="submit" className="mt-5 h-8" disabled={change.isPending}>
          Change
        </Button>
      </Form>
      <FormError error={change.error} />
    </Section>
  );
}

function Logins() {
  const logins = useQuery(loginsQuery());
  const change = useChange(["logins"]);
  if (logins.isPending) return <Bone className="h-24 w-full" />;
  if (logins.data === undefined) {
    return (
      <Failure
        title="Where you are signed in could not be loaded."
        error={logins.error}
        onRetry={() => void logins.refetch()}
      />
    );
  }
  return (
    <Section
      title="Where you are signed in"
      aside={
        logins.data.length > 1 && (
          <Button
            disabled={change.isPending}
            onClick={() =>
              change.mutate({
                path: "api/v1/me/logins/end",
                body: { others: true },
                done: "You are signed out everywhere else",
              })
            }
          >
            Sign out everywhere else
          </Button>
        )
      }
    >
      <Lines label="Logins">
        {logins.data.map((login) => (
          <Line
            key={login.id}
            title={login.current ? "This browser" : browserName(login.user_agent)}
            detail={
              <>
                {login.ip_address}, signed in <RelativeTime at={login.created_at} />
              </>
            }
          >
            {!login.current && (
              <Button
                disabled={change.isPending}
                onClick={() => change.mutate({ path: `api/v1/me/logins/${login.id}/end`, done: "It is signed out" })}
              >
                Sign out
              </Button>
            )}
          </Line>
        ))}
      </Lines>
    </Section>
  );
}
