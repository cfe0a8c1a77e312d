// Light or dark as the host is, followed while it changes.

function isDark(element: Element): boolean {
  const { body, documentElement: html } = document;
  const jupyter = body.dataset["jpThemeLight"]; // JupyterLab, Notebook 7, Voila
  if (jupyter) return jupyter === "false";
  const vscode = body.dataset["vscodeThemeKind"];
  if (vscode) return vscode === "vscode-dark" || vscode === "vscode-high-contrast";
  // marimo, Jupyter Book, Colab
  const named = body.dataset["theme"] ?? html.dataset["theme"] ?? html.getAttribute("theme");
  if (named) return named.includes("dark");
  const scheme = getComputedStyle(element).colorScheme;
  if (scheme === "dark" || scheme === "light") return scheme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Set color-scheme on the widget, so that light-dark() and the browser's own controls follow. */
export function followTheme(root: HTMLElement, signal: AbortSignal): void {
  const apply = () => {
    root.style.colorScheme = isDark(root.parentElement ?? root) ? "dark" : "light";
  };
  const observer = new MutationObserver(apply);
  const attributeFilter = [
    "class",
    "style",
    "theme",
    "data-theme",
    "data-jp-theme-light",
    "data-vscode-theme-kind",
  ];
  observer.observe(document.body, { attributes: true, attributeFilter });
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
  apply();
}
