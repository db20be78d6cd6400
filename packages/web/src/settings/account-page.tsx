import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { sendJson } from "../api/client.ts";
import { loginsQuery, signInMethodsQuery } from "../api/settings-queries.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, passwordOf, textOf } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { toast } from "../ui/toasts.tsx";
import { Line, Lines, ShownOnce, useChange } from "./parts.tsx";
import { QrCode } from "./qr-code.tsx";
import { SettingsFrame } from "./settings-frame.tsx";

const PASSWORD_LENGTH_MIN = 10;
/** Fewer, and it is time for new ones. */
const RECOVERY_CODES_FEW = 3;

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

/** New ones take the place of all before. */
function RecoveryCodes() {
  const queries = useQueryClient();
  const methods = useQuery(signInMethodsQuery());
  const renew = useMutation({
    mutationFn: (data: FormData) =>
      prove<{ backupCodes: readonly string[] }>("two-factor/generate-backup-codes", { password: passwordOf(data) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["sign-in-methods"] }),
  });
  const left = methods.data?.recovery_codes_left;
  return (
    <Section title="Recovery codes">
      <p className={`mb-2 ${left !== undefined && left < RECOVERY_CODES_FEW ? "text-amber" : "text-dim"}`}>
        {left === undefined ? "…" : `${left} ${left === 1 ? "is" : "are"} left.`} Each lets you in once, without your
        app.
      </p>
      {renew.data !== undefined ? (
        <ShownOnce title="Keep these now; those you had work no more." text={renew.data.backupCodes.join("\n")} />
      ) : (
        <Form onData={(data) => renew.mutate(data)} className="flex flex-wrap items-end gap-2">
          <Field
            label="Your password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            className="max-w-64"
          />
          <Button type="submit" className="h-8" disabled={renew.isPending}>
            Make new ones
          </Button>
        </Form>
      )}
      <FormError error={renew.error} />
    </Section>
  );
}

interface NewSecondFactor {
  readonly totpURI: string;
  readonly backupCodes: readonly string[];
}

/** A wrong password or code is answered with 401, which here is no reason to sign in again. */
const prove = <Answer,>(path: string, body: object) =>
  sendJson<Answer>("POST", `api/v1/auth/${path}`, body, { isSignIn: true });

function TwoFactor({ isOn }: { isOn: boolean }) {
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: (data: FormData) => prove<NewSecondFactor>("two-factor/enable", { password: passwordOf(data) }),
  });
  const changed = (text: string) => {
    begin.reset();
    toast(text);
    return queries.invalidateQueries({ queryKey: ["session"] });
  };
  const finish = useMutation({
    mutationFn: (data: FormData) => prove("two-factor/verify-totp", { code: textOf(data, "code") }),
    onSuccess: () => changed("Two-factor sign-in is on"),
  });
  const end = useMutation({
    mutationFn: (data: FormData) => prove("two-factor/disable", { password: passwordOf(data) }),
    onSuccess: () => changed("Two-factor sign-in is off"),
  });
  if (begin.data !== undefined) {
    const secret = new URL(begin.data.totpURI).searchParams.get("secret") ?? "";
    return (
      <Section title="Two-factor sign-in">
        <div className="flex flex-wrap gap-5">
          <QrCode text={begin.data.totpURI} label="QR code for an authenticator app" />
          <div className="min-w-0 flex-[1_1_16rem]">
            <p className="text-dim">Scan the code with your authenticator app, or enter this secret there:</p>
            <div className="mt-2 flex items-center gap-2 rounded-lg border bg-raised py-1.5 pr-1.5 pl-3">
              <code className="min-w-0 grow wrap-anywhere">{secret}</code>
              <CopyButton text={secret} name="Copy the secret" />
            </div>
          </div>
        </div>
        <p className="mt-4 text-dim">
          Keep these recovery codes. Each works once in place of the app, and they are shown only now:
        </p>
        <div className="mt-2 flex items-start gap-2 rounded-lg border bg-raised py-1.5 pr-1.5 pl-3">
          <code className="min-w-0 grow columns-2 py-1 whitespace-pre">{begin.data.backupCodes.join("\n")}</code>
          <CopyButton text={begin.data.backupCodes.join("\n")} name="Copy the recovery codes" />
        </div>
        <Form onData={(data) => finish.mutate(data)} className="mt-4 flex flex-wrap items-end gap-2">
          <Field
            key="code"
            label="Code that the app shows"
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            pattern="[0-9]{6}"
            required
            className="max-w-48"
          />
          <Button type="submit" className="h-8" disabled={finish.isPending}>
            Turn it on
          </Button>
        </Form>
        <FormError error={finish.error} />
      </Section>
    );
  }
  const asked = isOn ? end : begin;
  return (
    <Section title="Two-factor sign-in">
      <p className="mb-2 text-dim">
        {isOn ? "It is on: signing in takes a code of your app." : "It is off: a password is enough to sign in."}
      </p>
      <Form onData={(data) => asked.mutate(data)} className="flex flex-wrap items-end gap-2">
        <Field
          label="Your password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          className="max-w-64"
        />
        <Button type="submit" className="h-8" disabled={asked.isPending}>
          {isOn ? "Turn it off" : "Set it up"}
        </Button>
      </Form>
      <FormError error={asked.error} />
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
      <Form ref={form} onData={(data) => change.mutate(data)} className="flex flex-wrap items-end gap-2">
        <Field
          label="Current password"
          name="current"
          type="password"
          autoComplete="current-password"
          required
          className="max-w-64"
        />
        <Field
          label={`New password, at least ${PASSWORD_LENGTH_MIN} characters`}
          name="new"
          type="password"
          autoComplete="new-password"
          minLength={PASSWORD_LENGTH_MIN}
          maxLength={200}
          required
          className="max-w-64"
        />
        <Button type="submit" className="h-8" disabled={change.isPending}>
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
                {login.ip_address}, since <RelativeTime at={login.created_at} />
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

/** `Firefox on Linux`: what people call it. The rest of the text is of no use to them. */
function browserName(userAgent: string | null): string {
  if (userAgent === null) return "Somewhere";
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\/[\d.]+/.exec(userAgent)?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(userAgent)?.[1];
  if (browser === undefined) return userAgent.slice(0, 60);
  const name = { Edg: "Edge", OPR: "Opera" }[browser] ?? browser;
  return system === undefined ? name : `${name} on ${system.replace("Mac OS X", "macOS")}`;
}
