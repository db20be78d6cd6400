import {
  type ApiDestination,
  type ApiNewDestination,
  DESTINATION_FIELDS,
  type DestinationField,
  type DestinationKind,
} from "@mesher/protocol";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { sendJson } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Field, FormError, lineInputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { toast } from "../ui/toasts.tsx";

interface DestinationFormProps {
  readonly organization: string;
  readonly kind: DestinationKind;
  /** The one to change; absent: a new one. */
  readonly destination?: ApiDestination;
  readonly onDone: (made: ApiDestination & Partial<ApiNewDestination>) => void;
}

/** What a kind needs to know, as the protocol describes it. A secret that is left empty stays as it is. */
export function DestinationForm({ organization, kind, destination, onDone }: DestinationFormProps) {
  const queries = useQueryClient();
  const { fields, label } = DESTINATION_FIELDS[kind];
  const path = `api/v1/orgs/${encodeURIComponent(organization)}/destinations`;
  const save = useMutation({
    mutationFn: (data: FormData) => {
      const body = { name: textOf(data, "name"), config: configOf(fields, data, destination !== undefined) };
      return destination === undefined
        ? sendJson<ApiNewDestination>("POST", path, { kind, ...body })
        : sendJson<ApiDestination>("PATCH", `${path}/${destination.id}`, body);
    },
    onSuccess: (made) => {
      toast(`${made.name} is ${destination === undefined ? "there" : "saved"}`);
      onDone(made);
      return queries.invalidateQueries({ queryKey: ["destinations", organization] });
    },
  });
  return (
    <Form onData={(data) => save.mutate(data)} className="max-w-lg space-y-3">
      <Field
        label="Name"
        name="name"
        required
        maxLength={100}
        pattern=".*\S.*"
        autoFocus
        defaultValue={destination?.name ?? ""}
        placeholder={`${label} of the team`}
      />
      {fields.map((field) => (
        <ConfigField
          key={field.name}
          field={field}
          value={destination?.config[field.name]}
          isNew={destination === undefined}
        />
      ))}
      <FormError error={save.error} />
      <Button type="submit" className="h-8" disabled={save.isPending}>
        {save.isPending ? "Saving…" : destination === undefined ? "Add it" : "Save"}
      </Button>
    </Form>
  );
}

interface ConfigFieldProps {
  readonly field: DestinationField;
  readonly value: string | readonly string[] | undefined;
  readonly isNew: boolean;
}

function ConfigField({ field, value, isNew }: ConfigFieldProps) {
  const { name, type, label, help, isRequired, choices = [] } = field;
  if (type === "choice") {
    return (
      <label className="block">
        <span className="mb-1 block text-xs font-medium text-dim">{label}</span>
        <select name={name} defaultValue={typeof value === "string" ? value : choices[0]} className={lineInputClass}>
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </label>
    );
  }
  const isSecret = isSecretField(field);
  const isKept = isSecret && !isNew && typeof value === "string";
  return (
    <Field
      label={label}
      name={name}
      type={isSecret ? "password" : type === "url" ? "url" : "text"}
      autoComplete="off"
      spellCheck={false}
      required={isRequired && !isKept}
      defaultValue={isSecret ? "" : typeof value === "string" ? value : (value?.join(", ") ?? "")}
      placeholder={isKept ? `${value}, unchanged` : undefined}
      hint={type === "emails" ? "With commas between them" : help}
    />
  );
}

const isSecretField = ({ type }: DestinationField) => type === "secret" || type === "secret_url";

function configOf(fields: readonly DestinationField[], data: FormData, isChange: boolean) {
  return Object.fromEntries(
    fields.flatMap((field): [string, string | string[]][] => {
      const text = textOf(data, field.name);
      if (text === "" && (isSecretField(field) || !isChange)) return [];
      if (field.type !== "emails") return [[field.name, text]];
      const addresses = text.split(/[\s,;]+/).filter((address) => address !== "");
      return [[field.name, addresses]];
    }),
  );
}
