import { signal } from "@preact/signals";
import { cleanup, fireEvent, render, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as make from "../../demo/samples";
import { createMore, MoreProvider } from "../../src/lazy/lazy";
import * as components from "../../src/more";
import {
  nextTab,
  TracePane as Pane,
  stepSpan,
  type TracePaneProps,
  type TraceView,
} from "../../src/panes/trace";
import { bar, visibleRows } from "../../src/panes/trace/span_rows";

afterEach(cleanup);

const more = createMore(() => Promise.resolve(components));

function TracePane(props: TracePaneProps) {
  return (
    <MoreProvider value={more}>
      <Pane {...props} />
    </MoreProvider>
  );
}

const ROWS = [
  make.row("s1", "app", "CHAIN", 0, 0, 100, { has_children: true }),
  make.row("s2", "agent", "AGENT", 1, 10, 80, { parent_id: "s1", has_children: true }),
  make.row("s3", "get_account", "TOOL", 2, 20, 10, { parent_id: "s2", status: "ERROR" }),
  make.row("s4", "answer", "LLM", 1, 90, 10, { parent_id: "s1" }),
];

function aView(): TraceView {
  return {
    tab: signal("conversation"),
    scroll: new Map(),
    open: signal<ReadonlySet<string>>(new Set()),
    span: signal<string | null>(null),
    step: signal<string | null>(null),
    target: signal<string | null>(null),
  };
}

function show(blocks = [make.message("user", [make.text("hello")], { span_id: "s3" })]) {
  const view = aView();
  const services = make.services(
    ROWS,
    (row) => make.detail(row, { inputs: [make.plain(`in of ${row.name}`)] }),
    { raw: `{"trace": "${"x".repeat(12_000)}"}` },
  );
  const trace = make.trace(blocks);
  return { view, services, ...render(<TracePane trace={trace} services={services} view={view} />) };
}

describe("the trace pane", () => {
  it("says what the trace is", () => {
    const { container } = show();
    const head = container.querySelector(".lw-trace-head")?.textContent;
    for (const fact of ["John Doe", "● OK", "1.84 s", "1,204 → 96 tokens", "gpt-4o-mini", "my_app"])
      expect(head).toContain(fact);
  });

  it("goes through the tabs, which say which is chosen", async () => {
    const { view, getByRole, findByText } = show();
    expect(getByRole("tab", { selected: true }).textContent).toBe("Conversation");
    fireEvent.click(getByRole("tab", { name: "Inputs / outputs" }));
    await findByText("in of app");
    nextTab(view);
    await findByText(/"trace": "xxx/);
    expect(getByRole("tab", { selected: true }).textContent).toBe("Raw");
    nextTab(view);
    await findByText("hello");
  });

  it("selects spans by mouse and by keys, and keeps the keys to itself", async () => {
    const outer = vi.fn();
    const { view, findByRole, getByText, findByText, container } = show();
    container.addEventListener("keydown", outer);
    view.tab.value = "spans";
    const tree = await findByRole("tree");
    await findByText("in of app");
    fireEvent.keyDown(tree, { key: "ArrowDown" });
    await findByText("in of agent");
    fireEvent.keyDown(tree, { key: "ArrowLeft" });
    await waitFor(() => expect(container.textContent).not.toContain("get_account"));
    fireEvent.keyDown(tree, { key: "ArrowDown" });
    await findByText("in of answer");
    expect(outer).not.toHaveBeenCalled();
    fireEvent.keyDown(tree, { key: "s" });
    expect(outer).toHaveBeenCalledOnce();
    fireEvent.click(getByText("app"));
    await findByText("in of app");
  });

  it("draws only the rows in view of a large tree", async () => {
    const { view, services, findByRole, container } = show();
    services.spans = async () =>
      Array.from({ length: 5_000 }, (_, n) => make.row(`r${n}`, `span ${n}`, "LLM", 1, n, 1));
    view.tab.value = "spans";
    await findByRole("tree");
    expect(container.querySelectorAll("[role=treeitem]").length).toBeLessThan(60);
  });

  it("finds spans by name, type or status", async () => {
    const { view, findByRole, getByRole, container } = show();
    view.tab.value = "spans";
    await findByRole("tree");
    fireEvent.input(getByRole("searchbox"), { target: { value: "tool err" } });
    await waitFor(() => expect(container.querySelectorAll("[role=treeitem]")).toHaveLength(1));
    expect(container.textContent).toContain("1 of 4 spans");
  });

  it("finds spans by what they hold, and says how often", async () => {
    const { view, findByRole, getByRole, container, findByTitle } = show();
    view.tab.value = "spans";
    await findByRole("tree");
    fireEvent.input(getByRole("searchbox"), { target: { value: "in of agent" } });
    await findByTitle("Holds the text 1 time");
    expect(container.querySelectorAll("[role=treeitem]")).toHaveLength(1);
    expect(container.querySelector("[role=treeitem]")?.textContent).toContain("agent");
  });

  it("begins a very long trace with its head, whose blocks stay where the whole has them", async () => {
    const all = Array.from({ length: 8 }, (_, n) => make.message("user", [make.text(`no ${n}`)]));
    const services = make.services(ROWS, (row) => make.detail(row));
    let arrive = () => {};
    services.blocks = () =>
      new Promise((resolve) => {
        arrive = () => resolve({ blocks: structuredClone(all), next: null });
      });
    const trace = { ...make.trace(all.slice(0, 3)), more_blocks: 0, provisional: true };
    const { container } = render(<TracePane trace={trace} services={services} view={aView()} />);
    const before = [...container.querySelectorAll(".lw-msg")];
    expect(before).toHaveLength(3);
    arrive();
    await waitFor(() => expect(container.querySelectorAll(".lw-msg")).toHaveLength(8));
    expect([...container.querySelectorAll(".lw-msg")].slice(0, 3)).toEqual(before);
  });

  it("leads from a block to its span and back", async () => {
    const { getByText, findByText, getByRole } = show();
    fireEvent.click(getByText("Span"));
    await findByText("in of get_account");
    fireEvent.click(getByText("In conversation"));
    await findByText("hello");
    expect(getByRole("tab", { selected: true }).textContent).toBe("Conversation");
  });

  it("steps through spans", async () => {
    const { view, services } = show();
    await stepSpan(services, view, 1);
    await stepSpan(services, view, 1);
    expect([view.span.value, view.tab.value]).toEqual(["s2", "spans"]);
  });

  it("shows a failure in place and tries again", async () => {
    const { view, services, findByText, getByText } = show();
    const { spans } = services;
    services.spans = () => Promise.reject(new Error("The kernel is busy."));
    view.tab.value = "spans";
    await findByText("The kernel is busy.");
    services.spans = spans;
    fireEvent.click(getByText("Try again"));
    await findByText("in of app");
  });

  it("draws the beginning of a very long conversation first, and the rest while idle", async () => {
    const long = Array.from({ length: 200 }, (_, n) =>
      make.message("user", [make.text(`message ${n}. ${"word ".repeat(200)}`)]),
    );
    const { container } = show(long);
    const drawn = container.querySelectorAll(".lw-msg").length;
    expect(drawn).toBeGreaterThan(10);
    expect(drawn).toBeLessThan(100);
    await waitFor(() => expect(container.querySelectorAll(".lw-msg")).toHaveLength(200), {
      timeout: 10_000,
    });
  });

  it("brings the further pages of a conversation while idle, and keeps them when the trace is fetched again", async () => {
    const all = Array.from({ length: 30 }, (_, n) => make.message("user", [make.text(`no ${n}`)]));
    const view = aView();
    const services = make.services(ROWS, (row) => make.detail(row));
    const asked: number[] = [];
    services.blocks = async (start) => {
      asked.push(start);
      if (asked.length === 1) throw new Error("The kernel is busy.");
      return { blocks: all.slice(start, start + 10), next: start < 20 ? start + 10 : null };
    };
    const first = () => ({ ...make.trace(all.slice(0, 10)), more_blocks: 10 });
    const pane = (trace = first()) => <TracePane trace={trace} services={services} view={view} />;
    const { container, findByText, rerender } = render(pane());
    expect(container.querySelectorAll(".lw-msg")).toHaveLength(10);
    await findByText("The kernel is busy.");
    fireEvent.click(await findByText("Try again"));
    await waitFor(() => expect(container.querySelectorAll(".lw-msg")).toHaveLength(30));
    expect(container.textContent).not.toContain("busy");
    rerender(pane(structuredClone(first())));
    expect(container.querySelectorAll(".lw-msg")).toHaveLength(30);
    expect(asked).toEqual([10, 10, 20]);
  });

  it("keeps nothing of the trace before", async () => {
    const { view, services, rerender, container } = show();
    const other = make.trace([make.message("user", [make.text("other")])], { item_id: "item-2" });
    rerender(<TracePane trace={other} services={services} view={view} />);
    expect(container.textContent).toContain("other");
    expect(container.textContent).not.toContain("hello");
  });
});

describe("span rows", () => {
  it("hides what is inside a folded span", () => {
    const names = visibleRows(ROWS, (row) => row.span_id === "s2", "").map((row) => row.span_id);
    expect(names).toEqual(["s1", "s2", "s4"]);
  });

  it("places bars within the trace", () => {
    const [first, , third] = ROWS;
    expect(first && bar(first, 100)).toEqual({ left: 0, width: 100 });
    expect(third && bar(third, 100)).toEqual({ left: 20, width: 10 });
    expect(first && bar({ ...first, start_ms: null }, 100)).toBeNull();
  });
});
