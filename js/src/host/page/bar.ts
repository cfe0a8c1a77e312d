// The line above the widget in a page from a file: who reviews, what is not handed in yet, and the button that does it.
import type { PageData } from "./data";
import type { Work } from "./record";

export type Bar = { update(): void };

const FORMAT = "labelwidget-answers";

export function createBar(
  page: HTMLElement,
  data: PageData,
  work: Work,
  mark: { get(): number; set(order: number): void },
): Bar {
  const { hello } = data;
  const bar = element("header", "bar");
  const who = element("span", "who");
  who.append("Reviewing as ", isolated(hello.reviewer.name));
  const state = element("span", "state");
  state.setAttribute("role", "status");
  const button = element("button", "download");
  button.type = "button";
  button.textContent = "Download answers";
  bar.append(who, state, button);
  page.prepend(bar);

  const waiting = () => work.events.filter(({ order }) => order > mark.get());
  const update = () => {
    const open = new Set(waiting().map(({ event }) => event.item_id)).size;
    const lost = !work.durable && work.events.length > 0;
    bar.toggleAttribute("data-open", open > 0);
    bar.toggleAttribute("data-warn", !work.durable);
    button.disabled = work.events.length === 0;
    if (!work.durable && (open > 0 || !lost))
      state.textContent = "This browser keeps nothing: download before you leave.";
    else if (open > 0)
      state.textContent = `Kept here; ${open} ${open === 1 ? "trace" : "traces"} to download.`;
    else if (work.events.length > 0) state.textContent = "All downloaded: send the file back.";
    else state.textContent = "Answers are kept here; download them at the end.";
  };

  button.addEventListener("click", () => {
    save(answersFile(data, work), `answers-${plain(hello.reviewer.name)}.json`);
    mark.set(work.events.at(-1)?.order ?? 0);
    update();
  });
  window.addEventListener("beforeunload", (event) => {
    // What is kept is there again; what is not would be gone.
    if (!work.durable && waiting().length > 0) event.preventDefault();
  });
  update();
  return { update };
}

/** What `session.merge` reads. */
export function answersFile(data: PageData, work: Work): string {
  const { hello, page_id, ticket, made_at } = data;
  return JSON.stringify({
    format: FORMAT,
    version: 1,
    page_id,
    ticket,
    session_id: hello.session_id,
    reviewer: hello.reviewer.name,
    made_at,
    saved_at: Date.now(),
    versions: Object.fromEntries(hello.questions.map(({ name, version }) => [name, version])),
    events: work.events.map(({ at, event }) => ({ at, ...event })),
  });
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = element("a", "");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file name that every system takes. */
function plain(name: string): string {
  return name.replace(/[^A-Za-z0-9._@-]+/g, "-").slice(0, 60) || "reviewer";
}

function isolated(text: string): HTMLElement {
  const name = document.createElement("bdi");
  name.textContent = text;
  return name;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = `lw-page-${className}`;
  return made;
}
