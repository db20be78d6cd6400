/** All tabs of a browser share a login, and the organization it is about. What one changes of them, the others hear of. */
export type LoginChange = "login" | "organization";

const channel = new BroadcastChannel(`mesher-login ${new URL(document.baseURI).pathname}`);

export function tellOtherTabs(change: LoginChange): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of a channel, which has but one
  channel.postMessage(change);
}

export function onOtherTab(listener: (change: LoginChange) => void): () => void {
  const hear = ({ data }: MessageEvent<LoginChange>) => listener(data);
  channel.addEventListener("message", hear);
  return () => channel.removeEventListener("message", hear);
}
