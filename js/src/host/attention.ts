// Whether the reviewer is at work: the page is visible, the focus in the widget, and something moved lately.

/** Without any key, click or scroll for so long, nobody is reading. */
const IDLE_MS = 120_000;

export function watchAttention(
  root: HTMLElement,
  tell: (attentive: boolean) => void,
  signal: AbortSignal,
): void {
  let focused = false;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let awake = true;
  const update = () =>
    tell(focused && awake && document.visibilityState === "visible" && document.hasFocus());
  const wake = () => {
    clearTimeout(idle);
    idle = setTimeout(() => {
      awake = false;
      update();
    }, IDLE_MS);
    if (awake) return;
    awake = true;
    update();
  };
  const focus = (inside: boolean) => () => {
    focused = inside;
    update();
  };
  root.addEventListener("focusin", focus(true), { signal });
  root.addEventListener("focusout", focus(false), { signal });
  for (const type of ["keydown", "pointermove", "wheel", "scroll"])
    root.addEventListener(type, wake, { signal, passive: true, capture: true });
  document.addEventListener("visibilitychange", update, { signal });
  window.addEventListener("focus", update, { signal });
  window.addEventListener("blur", update, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(idle);
    tell(false);
  });
  wake();
}
