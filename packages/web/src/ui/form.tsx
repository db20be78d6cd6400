import type { ComponentProps, SubmitEvent } from "react";

/** Gives what was filled in. What is in the fields stays there until whoever uses it has taken it. */
export function Form({
  onData,
  ...rest
}: { onData: (data: FormData) => void } & Omit<ComponentProps<"form">, "onSubmit" | "action">) {
  const submit = (submitted: SubmitEvent<HTMLFormElement>) => {
    submitted.preventDefault();
    onData(new FormData(submitted.currentTarget));
  };
  return <form onSubmit={submit} {...rest} />;
}

/** The text of a field, "" if there is none. */
export function textOf(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value.trim() : "";
}

/** A password is taken as it is, with the spaces around it. */
export function passwordOf(data: FormData, name = "password"): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}
