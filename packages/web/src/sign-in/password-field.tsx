import { Field } from "../ui/field.tsx";

const PASSWORD_LENGTH_MIN = 10;
const PASSWORD_LENGTH_MAX = 200;

interface PasswordFieldProps {
  readonly label?: string;
  readonly name?: string;
  readonly autoFocus?: boolean;
  readonly className?: string;
}

/** One that there is; browsers fill it in. */
export function PasswordField({ label = "Password", name = "password", ...rest }: PasswordFieldProps) {
  return (
    <Field
      label={label}
      name={name}
      type="password"
      autoComplete="current-password"
      maxLength={PASSWORD_LENGTH_MAX}
      required
      {...rest}
    />
  );
}

/** One that is to be; browsers propose it. */
export function NewPasswordField({ label = "Password", name = "password", ...rest }: PasswordFieldProps) {
  return (
    <Field
      label={label}
      name={name}
      type="password"
      autoComplete="new-password"
      minLength={PASSWORD_LENGTH_MIN}
      maxLength={PASSWORD_LENGTH_MAX}
      hint={`At least ${PASSWORD_LENGTH_MIN} characters.`}
      required
      {...rest}
    />
  );
}
