import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { signInMethodsQuery } from "../api/settings-queries.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, passwordOf, textOf } from "../ui/form.tsx";
import { Section } from "../ui/section.tsx";
import { toast } from "../ui/toasts.tsx";
import { AskPassword, prove } from "./ask-password.tsx";
import { ShownOnce } from "./parts.tsx";
import { QrCode } from "./qr-code.tsx";

/** Fewer, and it is time for new ones. */
const RECOVERY_CODES_FEW = 3;

/** New ones take the place of all before. */
export function RecoveryCodes() {
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
      {renew.data === undefined ? (
        <AskPassword action="Make new ones" attempt={renew} />
      ) : (
        <ShownOnce title="Keep these now; those you had work no more." text={renew.data.backupCodes.join("\n")} />
      )}
    </Section>
  );
}

interface NewSecondFactor {
  readonly totpURI: string;
  readonly backupCodes: readonly string[];
}

export function TwoFactor({ isOn }: { isOn: boolean }) {
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: (data: FormData) => prove<NewSecondFactor>("two-factor/enable", { password: passwordOf(data) }),
  });
  const changed = (text: string) => {
    begin.reset();
    toast(text);
    return queries.invalidateQueries({ queryKey: ["session"] });
  };
  const end = useMutation({
    mutationFn: (data: FormData) => prove("two-factor/disable", { password: passwordOf(data) }),
    onSuccess: () => changed("Two-factor sign-in is off"),
  });
  return (
    <Section title="Two-factor sign-in">
      {begin.data === undefined ? (
        <>
          <p className="mb-2 text-dim">
            {isOn ? "It is on: signing in takes a code of your app." : "It is off: a password is enough to sign in."}
          </p>
          <AskPassword action={isOn ? "Turn it off" : "Set it up"} attempt={isOn ? end : begin} />
        </>
      ) : (
        <SetUp factor={begin.data} onDone={() => changed("Two-factor sign-in is on")} />
      )}
    </Section>
  );
}

function SetUp({ factor, onDone }: { factor: NewSecondFactor; onDone: () => Promise<void> }) {
  const secret = new URL(factor.totpURI).searchParams.get("secret") ?? "";
  const finish = useMutation({
    mutationFn: (data: FormData) => prove("two-factor/verify-totp", { code: textOf(data, "code") }),
    onSuccess: onDone,
  });
  return (
    <>
      <div className="flex flex-wrap gap-5">
        <QrCode text={factor.totpURI} label="QR code for an authenticator app" />
        <div className="min-w-0 flex-[1_1_16rem]">
          <p className="text-dim">Scan the code with your authenticator app, or enter this secret there:</p>
          <div className="mt-2 flex items-center gap-2 rounded-lg border bg-raised py-1.5 pr-1.5 pl-3">
            <code className="min-w-0 grow wrap-anywhere">{secret}</code>
            <CopyButton text={secret} name="Copy the secret" />
          </div>
        </div>
      </div>
      <ShownOnce
        title="Keep these recovery codes. Each works once in place of the app, and they are shown only now."
        text={factor.backupCodes.join("\n")}
      />
      <Form onData={(data) => finish.mutate(data)} className="mt-4 flex flex-wrap items-end gap-2">
        <Field
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
    </>
  );
}
