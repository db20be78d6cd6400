import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";

const NAME_LENGTH_MAX = 100;

/** In the place of a name, while it is changed. */
export function RenameForm(props: {
  label: string;
  name: string;
  isPending: boolean;
  onName: (name: string) => void;
  onCancel: () => void;
}) {
  return (
    <Form onData={(data) => props.onName(textOf(data, "name"))} className="flex flex-wrap items-end gap-2">
      <Field
        label={props.label}
        name="name"
        defaultValue={props.name}
        maxLength={NAME_LENGTH_MAX}
        pattern=".*\S.*"
        autoComplete="off"
        required
        autoFocus
        className="max-w-64 grow"
      />
      <Button type="submit" className="h-8" disabled={props.isPending}>
        Save
      </Button>
      <Button className="h-8" onClick={props.onCancel}>
        Cancel
      </Button>
    </Form>
  );
}
