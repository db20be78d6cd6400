import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { currentToken } from "../api/token.ts";
import { Button, PrimaryButton } from "../ui/button.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, passwordOf, textOf } from "../ui/form.tsx";
import { TextButton } from "../ui/text-button.tsx";
import { Gate } from "./gate.tsx";
import { enter, proveSecondFactor, signIn, signInElsewhere, signInOptionsQuery } from "./sign-in.ts";
import { TokenForm } from "./token-form.tsx";

type Step = "password" | "app" | "recovery" | "token";

/** Shown in place of any page that nobody is signed in for; what was asked for follows. */
export function SignInPage() {
  const [step, setStep] = useState<Step>("password");
  if (step === "token") return <TokenForm onBack={() => setStep("password")} />;
  if (step === "password") {
    return <PasswordStep onCode={() => setStep("app")} onToken={() => setStep("token")} />;
  }
  return <CodeStep key={step} kind={step} onOther={() => setStep(step === "app" ? "recovery" : "app")} />;
}

function PasswordStep(props: { onCode: () => void; onToken: () => void }) {
  const { onCode, onToken } = props;
  const queries = useQueryClient();
  const attempt = useMutation({
    mutationFn: (form: FormData) => signIn(textOf(form, "email"), passwordOf(form)),
    onSuccess: (next) => (next === "code" ? onCode() : enter(queries)),
  });
  const hadToken = currentToken() !== null;
  return (
    <Gate title="Sign in" lead={hadToken ? "The server does not accept the token this browser has." : undefined}>
      <Form onData={(form) => attempt.mutate(form)} className="mt-5 space-y-3.5">
        <Field label="Email" name="email" type="email" autoComplete="username" required autoFocus maxLength={254} />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        <FormError error={attempt.error} />
        <PrimaryButton type="submit" className="w-full" disabled={attempt.isPending}>
          {attempt.isPending ? "Signing in…" : "Sign in"}
        </PrimaryButton>
      </Form>
      <SingleSignOn />
      <p className="mt-6 text-xs text-faint">
        Forgot the password? An owner or admin of your organization can give you a link to set a new one.
      </p>
      <p className="mt-2 text-xs text-faint">
        New here? Open the link of your invitation, or the one Mesher printed when it started.
      </p>
      <p className="mt-2">
        <TextButton onClick={onToken}>Use an access token</TextButton>
      </p>
    </Gate>
  );
}

/** There when the server has a provider. */
function SingleSignOn() {
  const options = useQuery(signInOptionsQuery());
  const leaving = useMutation({ mutationFn: () => signInElsewhere(location.href) });
  if (options.data?.single_sign_on !== true) return null;
  return (
    <div className="mt-3 space-y-3">
      <p
        aria-hidden
        className="flex items-center gap-3 text-xs text-faint before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line"
      >
        or
      </p>
      <Button className="h-8 w-full justify-center" disabled={leaving.isPending} onClick={() => leaving.mutate()}>
        {leaving.isPending ? "One moment…" : "Single sign-on"}
      </Button>
      <FormError error={leaving.error} />
    </div>
  );
}

function CodeStep({ kind, onOther }: { kind: "app" | "recovery"; onOther: () => void }) {
  const queries = useQueryClient();
  const attempt = useMutation({
    mutationFn: (form: FormData) => proveSecondFactor(kind, textOf(form, "code")),
    onSuccess: () => enter(queries),
  });
  const isApp = kind === "app";
  return (
    <Gate
      title={isApp ? "Two-factor code" : "Recovery code"}
      lead={isApp ? "Enter the code that your authenticator app shows." : "Each of your recovery codes works once."}
    >
      <Form onData={(form) => attempt.mutate(form)} className="mt-5 space-y-3.5">
        <Field
          label={isApp ? "Six digits" : "Recovery code"}
          name="code"
          inputMode={isApp ? "numeric" : "text"}
          autoComplete="one-time-code"
          pattern={isApp ? "\\s*[0-9]{6}\\s*" : undefined}
          maxLength={40}
          required
          autoFocus
        />
        <FormError error={attempt.error} />
        <PrimaryButton type="submit" className="w-full" disabled={attempt.isPending}>
          {attempt.isPending ? "Checking…" : "Continue"}
        </PrimaryButton>
      </Form>
      <p className="mt-6">
        <TextButton onClick={onOther}>{isApp ? "Use a recovery code" : "Use the authenticator app"}</TextButton>
      </p>
    </Gate>
  );
}
