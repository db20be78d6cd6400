/** Whether something is shown, for parts of the pages that do not know each other. */
export interface Flag {
  readonly isSet: () => boolean;
  readonly set: () => void;
  readonly unset: () => void;
  readonly listen: (listener: () => void) => () => void;
}

export function flag(): Flag {
  const listeners = new Set<() => void>();
  let isOn = false;
  const become = (value: boolean) => {
    isOn = value;
    listeners.forEach((notify) => notify());
  };
  return {
    isSet: () => isOn,
    set: () => become(true),
    unset: () => become(false),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
