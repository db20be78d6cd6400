import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { currentToken } from "../api/token.ts";
import { Button, PrimaryButton } from "../ui/button.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, passwordOf, textOf } from "../ui/form.tsx";
import { TextButton } from "../ui/text-button.tsx";
import { CodeForm, type CodeKind } from "./code-form.tsx";
import { Gate } from "./gate.tsx";
import { currentPlace, passkeyObstacle } from "./passkey-obstacle.ts";
import { PasskeySignIn } from "./passkey-sign-in.tsx";
import { PasswordField } from "./password-field.tsx";
import { enter, proveSecondFactor, signIn, signInElsewhere, signInOptionsQuery } from "./sign-in.ts";
import { TokenForm } from "./token-form.tsx";

type Step = "password" | CodeKind | "token";

/** Shown in place of any page that nobody is signed in for; what was asked for follows. */
export function SignInPage() {
  const [step, setStep] = useState<Step>("password");
  if (step === "token") return <TokenForm onBack={() => setStep("password")} />;
  if (step === "password") {
    return <PasswordStep onCode={() => setStep("app")} onToken={() => setStep("token")} />;
  }
  return <CodeStep key={step} kind={step} onKind={setStep} />;
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
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="username webauthn"
          required
          autoFocus
          maxLength={254}
        />
        <PasswordField />
        <FormError error={attempt.error} />
        <PrimaryButton type="submit" className="w-full" disabled={attempt.isPending}>
          {attempt.isPending ? "Signing in…" : "Sign in"}
        </PrimaryButton>
      </Form>
      <OtherWays />
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

/** There as far as the server and the browser have them. */
function OtherWays() {
  const options = useQuery(signInOptionsQuery()).data;
  if (options === undefined) return null;
  const hasPasskeys = passkeyObstacle(options, currentPlace()) === undefined;
  if (!hasPasskeys && !options.single_sign_on) return null;
  return (
    <div className="mt-3 space-y-3">
      <p
        aria-hidden
        className="flex items-center gap-3 text-xs text-faint before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line"
      >
        or
      </p>
      {hasPasskeys && <PasskeySignIn />}
      {options.single_sign_on && <SingleSignOn />}
    </div>
  );
}

function SingleSignOn() {
  const leaving = useMutation({ mutationFn: () => signInElsewhere(location.href) });
  return (
    <>
      <Button className="h-8 w-full justify-center" disabled={leaving.isPending} onClick={() => leaving.mutate()}>
        {leaving.isPending ? "One moment…" : "Single sign-on"}
      </Button>
      <FormError error={leaving.error} />
    </>
  );
}

function CodeStep({ kind, onKind }: { kind: CodeKind; onKind: (kind: CodeKind) => void }) {
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
      <CodeForm kind={kind} attempt={attempt} onKind={onKind} />
    </Gate>
  );
}
