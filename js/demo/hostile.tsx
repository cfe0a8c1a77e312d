/**
 * The trace pane with one text in every place where text from outside appears; driven by
 * tests/e2e/test_hostile_text.py through `window.judge`.
 */
import { signal } from "@preact/signals";
import { render } from "preact";
import { MoreProvider } from "../src/lazy/lazy";
import { TracePane, type TraceView } from "../src/panes/trace";
import { findInvisible, findUnsafe, firstHidden } from "../tests/hostile/detect";
import * as make from "./samples";
import { makeStage, second } from "./stage";

declare global {
  interface Window {
    /** What is wrong with each of the texts, drawn everywhere; empty when nothing is. */
    judge: (texts: { id: string; payload: string }[]) => Promise<string[]>;
  }
}

const root = makeStage();
const frame = document.createElement("div");
frame.className = "lw";
frame.style.height = "680px";
root.append(frame);

// What waits for an idle moment comes at once: it is judged too.
window.requestIdleCallback = (callback) => {
  queueMicrotask(() => callback({ didTimeout: false, timeRemaining: () => 50 }));
  return 0;
};

const LANGUAGES = [
  "html",
  "python",
  "javascript",
  "json",
  "markdown",
  "sql",
  "typescript",
  "bash",
  "yaml",
  "diff",
  "java",
];
const OTHER_TABS = ["spans", "io", "raw"] as const;

window.judge = async (texts) => {
  const faults: string[] = [];
  for (const [number, { id, payload }] of texts.entries()) {
    // The conversation for each, with one of the other tabs: together they see all of it.
    for (const tab of ["conversation", OTHER_TABS[number % 3] ?? "spans"] as const) {
      const view: TraceView = {
        tab: signal(tab),
        scroll: new Map(),
        // Everything that folds is open.
        open: signal<ReadonlySet<string>>(
          new Set(["sys", "tools", "r/0", "d/0/metadata", "e/stack", "s1/attributes", "s1/events"]),
        ),
        span: signal<string | null>("s1"),
        step: signal<string | null>(null),
        target: signal<string | null>(null),
      };
      draw(payload, view, LANGUAGES[number % LANGUAGES.length] ?? "python");
      await settled();
      for (const button of frame.querySelectorAll<HTMLElement>(
        "button[title='Show as written'], .lw-link",
      )) {
        if (button.title === "" && !/^Show (all|more)/.test(button.textContent ?? "")) continue;
        button.click();
      }
      await settled();
      const before = faults.length;
      faults.push(...judgeFrame(payload, tab).map((fault) => `${id} in ${tab}: ${fault}`));
      if (faults.length > before) continue;
      poke();
    }
  }
  render(null, frame);
  return faults;
};

function judgeFrame(payload: string, tab: string): string[] {
  const faults = findUnsafe(frame, payload);
  faults.push(...findInvisible(frame.textContent ?? ""));
  const hidden = firstHidden(payload, frame.textContent ?? "");
  // Raw and spans hold it as JSON too, which escapes; the conversation holds it as it is.
  if (hidden !== null && tab !== "raw") faults.push(`hidden: ${hidden}`);
  const isTall =
    frame.scrollHeight > frame.clientHeight + 1 || frame.scrollWidth > frame.clientWidth + 1;
  if (isTall) faults.push("it reaches beyond the pane");
  return faults;
}

/** Points at everything, presses it, and focuses what can have focus; links are only looked at. */
function poke(): void {
  for (const element of frame.querySelectorAll<HTMLElement>("*")) {
    element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true, composed: true }));
    if (element.closest("a, button, [role=treeitem]") === null) element.click();
  }
  for (const element of frame.querySelectorAll<HTMLElement>("a, input, [tabindex]")) {
    element.focus({ preventScroll: true });
  }
}

/** Until what was asked for has come and is drawn; timers would wait 4 ms each. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(null);
    });
  }
}

function draw(text: string, view: TraceView, language: string): void {
  const asJson = make.json(JSON.stringify({ [text]: text, list: [text, "x".repeat(80)] }));
  const blocks = [
    make.message("system", [make.text(text)], { folded: true, id: "sys" }),
    {
      ...make.toolDefinitions([{ name: text, description: text, parameters: asJson }]),
      id: "tools",
    },
    make.message(
      text,
      [make.text(text), make.plain(text), make.plain(text, text), make.plain(text, language)],
      {
        name: text,
        detail: text,
      },
    ),
    make.message("assistant", [make.reasoning(text)], { id: "r" }),
    make.message("user", [
      make.media({ name: text, mime: text, host: text, url: text }),
      make.media({ name: text, mime: text, size: 3, ref: text }),
    ]),
    make.documents([make.document(1, text, text, { doc_id: `id ${text}`, metadata: asJson })], {
      name: text,
      query: [make.plain(text)],
      id: "d",
    }),
    make.tool(text, { arguments: [make.json(text)], result: [asJson], error: text }),
    make.error(text, { error_type: text, where: text, stacktrace: make.plain(text), id: "e" }),
    make.value(text, [asJson]),
    make.turn(text, { detail: text, depth: 2 }),
    make.rendered(text, [make.text(text)], { error: text }),
  ];
  const row = make.row("s1", text, text, 0, 0, 10, { status: text });
  const services = make.services(
    [row],
    () =>
      make.detail(row, {
        status_message: text,
        inputs: [make.text(text)],
        outputs: [asJson, make.plain(text)],
        attributes: asJson,
        events: [{ name: text, time_ms: 1, attributes: asJson }],
      }),
    { raw: JSON.stringify({ text }) },
  );
  const trace = make.trace(blocks, {
    title: text,
    trace_name: text,
    trace_state: text,
    model_name: text,
  });
  render(
    <MoreProvider value={second}>
      <TracePane trace={trace} services={services} view={view} />
    </MoreProvider>,
    frame,
  );
}
