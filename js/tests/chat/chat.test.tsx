// Talking to an agent: the answer while it comes, asking on, asking anew, going back.
import { fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, expect, test, vi } from "vitest";
import { Chat } from "../../src/panes/chat/chat";
import type { Asked, ChatProps } from "../../src/panes/chat/contract";
import { grown } from "../../src/panes/chat/live";
import type { ChatPush, TalkReply } from "../../src/protocol";

const TURN: TalkReply["turns"][number] = {
  turn_id: "t1",
  span_id: null,
  agent: "shop",
  message: "where?",
  response: "here",
  state: "ok",
  error: "",
  others: [],
};

function reply(more: Partial<TalkReply> = {}): TalkReply {
  return {
    item_id: "i",
    agent: "shop",
    trouble: "",
    multi_turn: true,
    turns: [TURN],
    running: null,
    message: "",
    text: "",
    lost: [],
    ...more,
  };
}

/** A kernel of one item: `next` is what it answers. */
function aKernel(first: TalkReply) {
  const asked: Asked[] = [];
  const kernel = {
    next: first,
    asked,
    hear: (_: ChatPush) => {},
    refresh: vi.fn(() => Promise.resolve()),
  };
  const props: ChatProps = {
    itemId: "i",
    locked: "",
    ask(what) {
      asked.push(what);
      return Promise.resolve(kernel.next);
    },
    listen(hear) {
      kernel.hear = hear;
      return () => {};
    },
    refresh: kernel.refresh,
    newId: () => `id-${asked.length}`,
  };
  return { kernel, props };
}

const push = (offset: number, text: string, ended = false): ChatPush => ({
  v: 1,
  push: "chat",
  item_id: "i",
  turn_id: "t2",
  offset,
  text,
  ended,
});

afterEach(() => {
  document.body.replaceChildren();
});

test("an item without an answer is answered when it is opened, piece by piece", async () => {
  const { kernel, props } = aKernel(reply({ turns: [] }));
  render(<Chat {...props} />);
  kernel.next = reply({ turns: [] });
  await waitFor(() => expect(kernel.asked.map(({ op }) => op)).toEqual(["talk", "generate"]));
  kernel.next = reply({ turns: [], running: "t2", text: "It " });
  kernel.hear(push(0, "It "));
  await screen.findByText("It");
  kernel.hear(push(3, "is 😀"));
  kernel.hear(push(7, "!"));
  await screen.findByText("is 😀");
  const text = document.querySelector(".lw-chat-coming .lw-text");
  expect(text?.textContent).toBe("It is 😀!");
  kernel.next = reply();
  kernel.hear(push(8, "", true));
  await waitFor(() => expect(kernel.refresh).toHaveBeenCalledOnce());
  expect(document.querySelector(".lw-chat-coming")).toBeNull();
});

test("a gap is filled by asking for the whole", async () => {
  const { kernel, props } = aKernel(reply({ running: "t2", text: "abc" }));
  render(<Chat {...props} />);
  await screen.findByText("abc");
  kernel.next = reply({ running: "t2", text: "abcdefghi" });
  kernel.hear(push(6, "ghi"));
  await screen.findByText("abcdefghi");
  kernel.hear(push(3, "def")); // what is known already
  kernel.hear(push(6, "ghi😀j")); // and what is known in part
  await screen.findByText("😀j");
  expect(document.querySelector(".lw-chat-coming .lw-text")?.textContent).toBe("abcdefghi😀j");
});

test("what comes as markup stays text, hidden characters are shown", async () => {
  const { props } = aKernel(reply({ running: "t2", text: "<img src=x>\u202e" }));
  render(<Chat {...props} />);
  await screen.findByText(/<img src=x>/);
  expect(document.querySelector("img")).toBeNull();
  expect(document.querySelector(".lw-badge")).not.toBeNull();
});

test("Enter asks on, Shift+Enter does not", async () => {
  const { kernel, props } = aKernel(reply());
  render(<Chat {...props} />);
  const box = await screen.findByLabelText("Message to shop");
  fireEvent.input(box, { target: { value: "and now?" } });
  fireEvent.keyDown(box, { key: "Enter", shiftKey: true });
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() =>
    expect(kernel.asked).toEqual([
      { op: "talk" },
      { op: "chat_send", turn_id: "id-1", parent: "t1", text: "and now?" },
    ]),
  );
  await waitFor(() => expect((box as HTMLTextAreaElement).value).toBe(""));
});

test("a message is edited into a branch, and an earlier branch is shown again", async () => {
  const second = { ...TURN, turn_id: "t2", message: "and?", others: ["t9"] };
  const { kernel, props } = aKernel(reply({ turns: [TURN, second] }));
  render(<Chat {...props} />);
  fireEvent.click(await screen.findByText("Edit and ask again"));
  const box = (await screen.findByLabelText("Message to shop")) as HTMLTextAreaElement;
  await waitFor(() => expect(box.value).toBe("and?"));
  fireEvent.submit(box.form as HTMLFormElement);
  await waitFor(() =>
    expect(kernel.asked[1]).toMatchObject({ op: "chat_send", parent: "t1", text: "and?" }),
  );
  fireEvent.click(await screen.findByText("Show version 1"));
  await waitFor(() => expect(kernel.asked[2]).toEqual({ op: "chat_choose", turn_id: "t9" }));
  await waitFor(() => expect(kernel.refresh).toHaveBeenCalledOnce());
});

test("the last answer is asked for again, a running one is stopped", async () => {
  const { kernel, props } = aKernel(reply({ running: "t2" }));
  render(<Chat {...props} />);
  kernel.next = reply();
  fireEvent.click(await screen.findByText("Stop"));
  fireEvent.click(await screen.findByText("Ask again"));
  await waitFor(() =>
    expect(kernel.asked.map(({ op }) => op)).toEqual(["talk", "chat_stop", "generate"]),
  );
});

test("why nothing can be asked is said, and what was lost", async () => {
  const { kernel, props } = aKernel(reply({ turns: [], trouble: "Register it", lost: ["two"] }));
  render(<Chat {...props} />);
  await screen.findByText("Register it");
  await screen.findByText("two");
  expect(screen.queryByRole("button")).toBeNull();
  expect(kernel.asked).toEqual([{ op: "talk" }]);
});

test("what nothing can change any more is settled while the answer comes", () => {
  let text = grown({ settled: [], tail: [] }, "One\nand ");
  text = grown(text, "two.\n");
  text = grown(text, "\n  still a list?\n\nNext\n\n");
  expect(text).toEqual({ settled: ["One\nand two.\n\n  still a list?\n\n"], tail: ["Next\n\n"] });
  text = grown(text, "```js\na\n\nb\n");
  expect(text.settled.at(-1)).toBe("Next\n\n");
  text = grown(text, "\nc\n```\n\nEnd");
  expect(text.settled.at(-1)).toBe("```js\na\n\nb\n\nc\n```\n\n");
  expect(text.tail).toEqual(["End"]);
});
