import type { ApiPasskey } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiFailure } from "../api/client.ts";
import { passkeysQuery } from "../api/settings-queries.ts";
import { currentPlace, passkeyObstacle } from "../sign-in/passkey-obstacle.ts";
import { addPasskey } from "../sign-in/passkeys.ts";
import { signInOptionsQuery } from "../sign-in/sign-in.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { toast } from "../ui/toasts.tsx";
import { browserName } from "./browser-name.ts";
import { Line, Lines, useChange } from "./parts.tsx";
import { RenameForm } from "./rename-form.tsx";

export function Passkeys() {
  return (
    <Section title="Passkeys">
      <p className="mb-3 max-w-prose text-dim">
        A key that your device or password manager keeps, and uses once it has seen that it is you. It signs you in
        without password and code.
      </p>
      <PasskeyList />
    </Section>
  );
}

function PasskeyList() {
  const passkeys = useQuery(passkeysQuery());
  const options = useQuery(signInOptionsQuery());
  if (passkeys.isPending || options.isPending) return <Bone className="h-24 w-full" />;
  if (passkeys.data === undefined || options.data === undefined) {
    const failed = passkeys.isError ? passkeys : options;
    return <Failure title="Passkeys could not be loaded." error={failed.error} onRetry={() => void failed.refetch()} />;
  }
  const obstacle = passkeyObstacle(options.data, currentPlace());
  return (
    <>
      {passkeys.data.length === 0 && obstacle === undefined && <p className="mb-3 text-faint">No passkey yet.</p>}
      {passkeys.data.length > 0 && (
        <div className="mb-3">
          <Lines label="Passkeys">
            {passkeys.data.map((passkey) => (
              <PasskeyLine key={passkey.id} passkey={passkey} />
            ))}
          </Lines>
        </div>
      )}
      {obstacle === undefined ? <NewPasskey /> : <p className="text-faint">{obstacle}</p>}
    </>
  );
}

function PasskeyLine({ passkey }: { passkey: ApiPasskey }) {
  const change = useChange(["passkeys"]);
  const [mode, setMode] = useState<"shown" | "renamed" | "removed">("shown");
  const path = `api/v1/me/passkeys/${passkey.id}`;
  if (mode === "renamed") {
    return (
      <li className="px-3 py-2">
        <RenameForm
          label={`New name of ${passkey.name}`}
          name={passkey.name}
          isPending={change.isPending}
          onCancel={() => setMode("shown")}
          onName={(name) =>
            change.mutate(
              { method: "PATCH", path, body: { name }, done: `It is now called ${name}` },
              { onSuccess: () => setMode("shown") },
            )
          }
        />
      </li>
    );
  }
  return (
    <Line
      title={passkey.name}
      detail={
        <>
          added <RelativeTime at={passkey.created_at} />,{" "}
          {passkey.last_used_at === null ? (
            "not used yet"
          ) : (
            <>
              last used <RelativeTime at={passkey.last_used_at} />
            </>
          )}
          {passkey.synced && ", on all your devices"}
        </>
      }
    >
      <Button aria-label={`Rename ${passkey.name}`} onClick={() => setMode("renamed")}>
        Rename
      </Button>
      <Button aria-label={`Remove ${passkey.name}`} onClick={() => setMode("removed")}>
        Remove
      </Button>
      {mode === "removed" && (
        <Confirm
          title={`Remove ${passkey.name}?`}
          action="Remove"
          onCancel={() => setMode("shown")}
          onConfirm={() => {
            change.mutate({ path: `${path}/remove`, done: `${passkey.name} signs nobody in any more` });
            setMode("shown");
          }}
        >
          It no longer signs you in. What keeps it does not hear of it: remove it there too.
        </Confirm>
      )}
    </Line>
  );
}

function NewPasskey() {
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: (name: string) => addPasskey(name),
    onSuccess: () => {
      toast("The passkey was added");
      return queries.invalidateQueries({ queryKey: ["passkeys"] });
    },
  });
  return (
    <>
      <Form onData={(data) => add.mutate(textOf(data, "name"))} className="flex flex-wrap items-end gap-2">
        <Field
          label="Name of the new passkey"
          name="name"
          defaultValue={browserName(navigator.userAgent)}
          autoComplete="off"
          maxLength={100}
          pattern=".*\S.*"
          required
          className="max-w-64 grow"
        />
        <Button type="submit" className="h-8" disabled={add.isPending}>
          {add.isPending ? "Waiting for the passkey…" : "Add a passkey"}
        </Button>
      </Form>
      <div className="mt-2">
        <FormError error={add.error === null ? null : explained(add.error)} />
      </div>
    </>
  );
}

function explained(error: Error): Error {
  if (!(error instanceof ApiFailure) || error.code !== "session_not_fresh") return error;
  return new Error("You signed in more than a day ago. Sign out and in again, then add it.", { cause: error });
}
