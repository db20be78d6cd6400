/** On or off, at once. `label`: what is so when it is on. */
export function Switch(props: { label: string; isOn: boolean; disabled?: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={props.isOn}
      aria-label={props.label}
      disabled={props.disabled}
      onClick={() => props.onChange(!props.isOn)}
      className="group relative h-4.5 w-8 rounded-full border border-edge bg-line transition-colors before:absolute before:-inset-1.5 aria-checked:border-ink aria-checked:bg-ink disabled:opacity-50"
    >
      <span
        aria-hidden
        className="absolute top-0.5 left-0.5 size-3 rounded-full bg-dim transition-transform group-aria-checked:translate-x-3.5 group-aria-checked:bg-bg"
      />
    </button>
  );
}
