/** One of a few, where what is chosen says enough about what it is. */
export function Select(props: {
  label: string;
  value: string;
  /** Values and what they are called. */
  choices: Readonly<Record<string, string>>;
  onChoose: (value: string) => void;
}) {
  return (
    <select
      aria-label={props.label}
      value={props.value}
      onChange={({ target }) => props.onChoose(target.value)}
      className="h-8 min-w-0 shrink-0 rounded-md border border-edge bg-bg px-1.5 text-xs"
    >
      {Object.entries(props.choices).map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  );
}
