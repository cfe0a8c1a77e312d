// The keys and what they do. They act only while the focus is in the widget, and letters never while typing.
import { isTyping } from "../host/keys";
import type { Question } from "../protocol";
import { optionsOf } from "../state/values";
import type { View } from "./context";
import { nextTab, stepSpan } from "./trace";

type Action = {
  readonly keys: readonly string[];
  /** As shown on the sheet of shortcuts. */
  readonly shown: readonly string[];
  readonly says: string;
  run?(view: View): void;
};

/** In the order of the sheet. The names are those of `ReviewWidget(keys={"skip": "q"})`. */
export const ACTIONS: { readonly [name: string]: Action } = {
  option: {
    keys: [],
    shown: ["1", "–", "9"],
    says: "choose the option of the focused question",
  },
  up: {
    keys: ["ArrowUp"],
    shown: ["↑"],
    says: "previous question",
    run: ({ review }) => review.focusNext(-1),
  },
  down: {
    keys: ["ArrowDown"],
    shown: ["↓"],
    says: "next question",
    run: ({ review }) => review.focusNext(1),
  },
  done: {
    keys: ["Enter"],
    shown: ["Enter"],
    says: "done, next trace (while typing: Ctrl or ⌘ Enter)",
    run: ({ review }) => review.done(),
  },
  previous: {
    keys: ["ArrowLeft", "k"],
    shown: ["←", "k"],
    says: "previous trace",
    run: ({ review }) => review.step(-1),
  },
  next: {
    keys: ["ArrowRight", "j"],
    shown: ["→", "j"],
    says: "next trace",
    run: ({ review }) => review.step(1),
  },
  accept: {
    keys: ["a"],
    shown: ["a"],
    says: "accept the judge’s suggestion",
    run: ({ review }) => {
      const question = activeQuestion(review);
      if (question) review.accept(question);
    },
  },
  acceptAll: {
    keys: ["A"],
    shown: ["Shift", "a"],
    says: "accept all suggestions",
    run: ({ review }) => review.acceptAll(),
  },
  skip: { keys: ["s"], shown: ["s"], says: "skip", run: ({ review }) => review.skip() },
  flag: { keys: ["f"], shown: ["f"], says: "flag", run: ({ review }) => review.flag() },
  comment: {
    keys: ["c"],
    shown: ["c"],
    says: "write: the rationale, or the answer itself",
    run: ({ review }) => write(review),
  },
  note: {
    keys: ["n"],
    shown: ["n"],
    says: "write a note",
    run: ({ root }) =>
      root.peek()?.querySelector<HTMLElement>(".lw-notefield")?.focus({ preventScroll: true }),
  },
  undo: { keys: ["u"], shown: ["u"], says: "undo", run: ({ review }) => review.undo() },
  redo: {
    keys: ["U"],
    shown: ["Shift", "u"],
    says: "redo",
    run: ({ review }) => review.redo(),
  },
  goto: {
    keys: ["g"],
    shown: ["g"],
    says: "go to a trace by its number",
    run: ({ overlay }) => {
      overlay.value = "goto";
    },
  },
  tab: {
    keys: ["t"],
    shown: ["t"],
    says: "next tab of the trace",
    run: ({ review }) => {
      const itemId = review.shown.peek()?.item.item_id;
      if (itemId) nextTab(review.traceView(itemId));
    },
  },
  previousStep: {
    keys: [","],
    shown: [","],
    says: "previous step of the conversation",
    run: ({ steps }) => steps.peek()?.go(-1),
  },
  nextStep: {
    keys: ["."],
    shown: ["."],
    says: "next step",
    run: ({ steps }) => steps.peek()?.go(1),
  },
  label: {
    keys: ["l"],
    shown: ["l"],
    says: "label the selected text, or this step or span",
    run: ({ steps }) => steps.peek()?.label(),
  },
  select: {
    keys: ["v"],
    shown: ["v"],
    says: "select text of this step by the arrow keys",
    run: ({ steps }) => steps.peek()?.select(),
  },
  firstError: {
    keys: ["x"],
    shown: ["x"],
    says: "this step is the first thing that went wrong",
    run: ({ steps }) => steps.peek()?.mark(),
  },
  previousSpan: {
    keys: ["["],
    shown: ["["],
    says: "previous span",
    run: ({ review }) => goToSpan(review, -1),
  },
  nextSpan: {
    keys: ["]"],
    shown: ["]"],
    says: "next span",
    run: ({ review }) => goToSpan(review, 1),
  },
  search: {
    keys: ["/"],
    shown: ["/"],
    says: "search the queue",
    run({ tab, searching }) {
      tab.value = "queue";
      searching.value = true;
    },
  },
  help: {
    keys: ["?"],
    shown: ["?"],
    says: "this table",
    run: ({ overlay }) => {
      overlay.value = "keys";
    },
  },
  leave: { keys: [], shown: ["Esc"], says: "leave the field, then the widget" },
};

const ANYWHERE = new Set(["undo", "redo", "search", "help"]);

type Review = View["review"];

function activeQuestion(review: Review): Question | undefined {
  return review.asked.peek().find(({ name }) => name === review.active.peek());
}

/** To the focused question's rationale; else to its field; else to the nearest rationale. */
function write(review: Review) {
  const asked = review.asked.peek();
  const at = asked.findIndex(({ name }) => name === review.active.peek());
  const here = asked[at];
  if (here && !here.enable_comment && optionsOf(here.input).length === 0) {
    review.focus(here.name, "field");
    return;
  }
  const near = [here, ...asked.slice(0, Math.max(at, 0)).reverse(), ...asked.slice(at + 1)];
  const target = near.find((question) => question?.enable_comment);
  if (target) review.focus(target.name, "rationale");
}

function goToSpan(review: Review, by: 1 | -1) {
  const itemId = review.shown.peek()?.item.item_id;
  if (!itemId) return;
  // Where it fails, the Spans tab says why.
  stepSpan(review.services(itemId), review.traceView(itemId), by).catch(() => {});
}

/** The option that a key stands for: a question's own hotkeys first, then digits of the focused one. */
function chooseByKey(review: Review, key: string): boolean {
  const asked = review.asked.peek();
  const focused = activeQuestion(review);
  for (const question of focused ? [focused, ...asked] : asked) {
    const label = question.hotkeys[key];
    const option = optionsOf(question.input).find((known) => known.label === label);
    if (!option || label === undefined) continue;
    review.active.value = question.name;
    review.choose(question, option.value);
    return true;
  }
  if (!focused || !/^\d$/.test(key)) return false;
  const { input } = focused;
  const options = optionsOf(input);
  const option =
    input.kind === "rating" ? options.find(({ label }) => label === key) : options[Number(key) - 1];
  if (option) review.choose(focused, option.value);
  // The digit is typed into the field, which has the focus by then.
  else if (input.kind === "numeric") return false;
  return true;
}

/** Where a keyboard user activates something with Enter. */
function isControl(target: EventTarget | undefined): boolean {
  return target instanceof Element && target.closest("button, a[href], summary") !== null;
}

/** What a key does; beside nothing but a conversation only Escape does anything. */
export function onKey(view: View, event: KeyboardEvent, alone = false): void {
  const { review, overlay, root } = view;
  const target = event.composedPath()[0];
  if (event.isComposing || event.defaultPrevented) return;
  const typing = isTyping(target);
  const done = () => event.preventDefault();
  const focus = (element: HTMLElement | null | undefined) =>
    element?.focus({ preventScroll: true });

  if (event.key === "Escape") {
    done();
    if (overlay.peek()) {
      overlay.value = null;
      focus(root.peek());
    } else if (typing && target instanceof HTMLElement)
      focus(target.closest<HTMLElement>(".lw-q") ?? root.peek());
    else if (review.scope.peek()) review.enter(null);
    else if (target instanceof HTMLElement) target.blur();
    return;
  }
  if (event.altKey || alone) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== "Enter" || overlay.peek() || view.tab.peek() !== "review") return;
    done();
    review.done();
    return;
  }
  if (typing || overlay.peek()) return;
  if ((event.key === "Enter" || event.key === " ") && isControl(target)) return;
  // The trace scrolls by its own arrow keys where it has the focus.
  const reading = target instanceof Element && target.closest(".lw-trace, [role=separator]");
  if (reading && /^(Arrow(Up|Down)| )$/.test(event.key)) return;

  // Beside the Review tab no trace is on the page that a key could mean.
  const reviewing = view.tab.peek() === "review";
  if (reviewing && review.shown.peek() && !review.finished.peek()) {
    if (chooseByKey(review, event.key)) {
      done();
      return;
    }
    const { input, name } = activeQuestion(review) ?? {};
    if (input?.kind === "numeric" && /^[\d.-]$/.test(event.key)) {
      const field = root.peek()?.querySelector(`.lw-q[data-active] [data-part="field"]`);
      if (field instanceof HTMLElement && name !== undefined) focus(field);
      return;
    }
  }
  const remapped = review.hello.peek()?.settings.keys ?? {};
  for (const [name, action] of Object.entries(ACTIONS)) {
    const own = remapped[name];
    if (
      !action.run ||
      !(reviewing || ANYWHERE.has(name)) ||
      !(own === undefined ? action.keys : [own]).includes(event.key)
    )
      continue;
    done();
    action.run(view);
    return;
  }
}
