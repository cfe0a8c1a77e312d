// Keys pressed inside the widget are the widget's alone: the notebook must not act on them (`d d` deletes the cell).

/** Ctrl, Cmd and Alt combinations stay with the notebook (saving has to work), except Ctrl or Cmd with Enter. */
export function isOurs(event: KeyboardEvent): boolean {
  return event.key === "Enter" || !(event.ctrlKey || event.metaKey || event.altKey);
}

/** Keep the host from hearing the keys pressed inside `root`, the element that holds the shadow root. */
export function guardKeys(root: HTMLElement, signal: AbortSignal): void {
  // JupyterLab looks for the attribute from the focused element up to the first one that matches the shortcut's
  // selector, so it has to be on the target that the page sees: our host, or one around it in nested shadow roots.
  // Notebook 7 listens in the capture phase of document, so that only window, capturing, comes early enough.
  const mark = (event: KeyboardEvent) => {
    if (!event.composedPath().includes(root)) return;
    for (const element of [root, event.target])
      if (element instanceof Element)
        element.toggleAttribute("data-lm-suppress-shortcuts", isOurs(event));
  };
  window.addEventListener("keydown", mark, { capture: true, signal });
  // JupyterLab listens in the bubble phase, VS Code on window.
  for (const type of ["keydown", "keyup", "keypress"] as const)
    root.addEventListener(
      type,
      (event) => {
        if (isOurs(event)) event.stopPropagation();
      },
      { signal },
    );
}

/** Whether what is typed goes into the element. */
export function isTyping(target: EventTarget | null | undefined): boolean {
  if (target instanceof HTMLInputElement)
    return !["radio", "checkbox", "button"].includes(target.type);
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}
