// A page that is opened from a file: the widget with a host that answers from the page itself. Nothing is asked of any
// network; the page's policy (widget/offline.py) would not let it.
import type { ChangedPush } from "../../protocol";
import { createBar } from "./bar";
import type { PageData } from "./data";
import { createHost } from "./host";
import styles from "./page.css";
import { createWork, type Kept } from "./record";

type Model = {
  get(name: string): undefined;
  set(): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, listener: (...values: never[]) => void): void;
  off(event: string, listener: (...values: never[]) => void): void;
};
type Core = {
  default(): {
    initialize(props: { model: Model }): void;
    render(props: { model: Model; el: HTMLElement }): void;
  };
};

async function open(): Promise<void> {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  document.adoptedStyleSheets = [sheet];
  const text = document.getElementById("labelwidget-data")?.textContent ?? "";
  const data = JSON.parse(text) as PageData;
  const kept = storage();
  const work = createWork(data.items, data.page_id, kept);
  const downloaded = `labelwidget/downloaded/${data.page_id}`;
  let last = Number(kept?.getItem(downloaded) ?? 0) || 0;

  const page = document.body;
  const bar = createBar(page, data, work, {
    get: () => last,
    set(order) {
      last = order;
      try {
        kept?.setItem(downloaded, String(order));
      } catch {
        // Full: the page asks for a download once more than needed.
      }
    },
  });
  const host = createHost(data, work, bar.update);
  window.addEventListener("storage", () => {
    if (!work.reload()) return;
    bar.update();
    host.push({ v: 1, push: "changed" } satisfies ChangedPush);
  });

  const model: Model = {
    get: () => undefined,
    set() {},
    save_changes() {},
    ...host.channel,
  };
  const url = URL.createObjectURL(new Blob([data.core], { type: "text/javascript" }));
  const { default: createWidget } = (await import(url)) as Core;
  URL.revokeObjectURL(url);
  const place = document.createElement("main");
  page.append(place);
  const widget = createWidget();
  widget.initialize({ model });
  widget.render({ model, el: place });
}

function storage(): Kept | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

open().catch((error: unknown) => {
  const trouble = document.createElement("p");
  trouble.className = "lw-page-trouble";
  trouble.setAttribute("role", "alert");
  trouble.textContent = `This page cannot be shown here: ${error instanceof Error ? error.message : String(error)}. Open it in a current Chrome, Edge, Firefox or Safari.`;
  document.body.append(trouble);
});
