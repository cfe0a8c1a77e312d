/** Calls back when the browser is idle; returns the way to cancel. */
export function whenIdle(callback: () => void): () => void {
  if (typeof requestIdleCallback === "function") {
    const handle = requestIdleCallback(callback, { timeout: 1_000 });
    return () => cancelIdleCallback(handle);
  }
  const handle = setTimeout(callback, 50); // Safari has no idle callback.
  return () => clearTimeout(handle);
}
