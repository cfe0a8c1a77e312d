// Other widgets and tabs of this browser on the same session, as the same reviewer: they hear of each save at once.

export type Siblings = {
  /** Something was stored under this key. */
  tell(key: string): void;
  close(): void;
};

export function createSiblings(heard: (key: string) => void): Siblings {
  if (typeof BroadcastChannel === "undefined") return { tell: () => {}, close: () => {} };
  const channel = new BroadcastChannel("labelwidget");
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "string") heard(data);
  };
  return { tell: (key) => channel.postMessage(key), close: () => channel.close() };
}
