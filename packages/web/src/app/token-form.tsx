import { useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { currentToken, keepToken } from "../api/token.ts";
import { Button } from "../ui/button.tsx";

/** What pages show after a 401. */
export function TokenForm() {
  const queries = useQueryClient();
  const [token, setToken] = useState("");
  const wasRefused = currentToken() !== null;

  const submit = (submitted: SubmitEvent<HTMLFormElement>) => {
    submitted.preventDefault();
    if (token.trim() === "") return;
    keepToken(token.trim());
    // Nothing that was read with another token, or failed for want of one, is worth keeping.
    void queries.resetQueries();
  };

  return (
    <main className="mx-auto grid min-h-dvh max-w-sm content-center px-4 pb-24">
      <title>Access token · Mesher</title>
      <h1 className="text-base font-semibold">Access token</h1>
      <p className="mt-1 text-dim">
        {wasRefused
          ? "The server does not accept the token this browser has. Paste a current one."
          : "Paste the token, or open the link that Mesher printed when it started."}
      </p>
      <form onSubmit={submit} className="mt-4 flex gap-2">
        <input
          // Not a password field: browsers would offer to save it as one, without a user name.
          type="text"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          required
          aria-label="Access token"
          placeholder="mshr_…"
          value={token}
          onChange={(change) => setToken(change.target.value)}
          className="h-8 min-w-0 grow rounded-md border border-edge bg-bg px-2.5 font-mono text-xs placeholder:text-faint"
        />
        <Button type="submit" className="h-8">
          Continue
        </Button>
      </form>
    </main>
  );
}
