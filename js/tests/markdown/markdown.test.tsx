import { cleanup, fireEvent, render } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Markdown, PlainText } from "../../src/markdown";
import { parse, slicesOf } from "../../src/markdown/parse";

afterEach(cleanup);

function shown(text: string): { text: string; root: Element } {
  const { container } = render(<Markdown text={text} />);
  container.querySelector(".lw-field-tools")?.remove();
  return { text: container.textContent ?? "", root: container };
}

describe("Markdown", () => {
  it("draws headings, lists, tables, code and emphasis", () => {
    const { root } = shown(
      "# Title\n\n1. one\n2. two\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```sql\nselect 1\n```\n\n**b** _i_ ~~s~~ `c`",
    );
    for (const tag of ["h1", "ol > li", "table td.lw-align-right", "pre code", "strong", "em", "s"])
      expect(root.querySelector(tag), tag).not.toBeNull();
    expect(root.querySelector(".lw-code-info")?.textContent).toBe("sql");
  });

  it("keeps the line breaks that were written", () => {
    expect(shown("one\ntwo").root.querySelectorAll("br")).toHaveLength(1);
  });

  it("keeps the numbers of a list that does not count by one", () => {
    const { root } = shown("1. one\n5. five\n6. six");
    const starts = Array.from(root.querySelectorAll("ol"), (list) => list.getAttribute("start"));
    expect(starts).toEqual([null, "5"]);
    expect(shown("1. a\n1. b\n1. c").root.querySelectorAll("ol")).toHaveLength(1);
  });

  it.each([
    ["cells beyond the columns", "| a | b |\n|---|---|\n| 1 | 2 | secret |"],
    ["link definitions", "Hello\n\n[x]: https://evil.example/ 'secret'"],
    ["nesting beyond the limit", `${"> ".repeat(60)}secret`],
    ["the words after a fence", "```js secret words\n1\n```"],
    ["comments", "<!-- secret -->"],
    ["a byte order mark that trimming would take", "| a |\n|---|\n| \ufeff |\n"],
  ])("does not swallow %s", (_, text) => {
    const mark = text.includes("secret") ? "secret" : "U+FEFF";
    expect(shown(text).text).toContain(mark);
  });

  it("shows what follows text that it had to show as written", () => {
    expect(
      shown("| a |\n|---|\n| 1 | secret |\n\n**after**").root.querySelector("strong"),
    ).not.toBe(null);
  });

  it("does not load images: a chip says what and from where", () => {
    const { root, text } = shown("![a cat](https://evil.example/p.png?q=1)");
    expect(root.querySelector("img")).toBeNull();
    expect(text).toBe("[image not loaded: a cat - evil.example]");
  });

  it("links only to absolute web and mail addresses, and says where to", () => {
    const good = shown("[docs](https://example.com/a)");
    expect(good.root.querySelector("a")?.getAttribute("href")).toBe("https://example.com/a");
    expect(good.root.querySelector("a")?.getAttribute("rel")).toContain("noopener");
    expect(good.text).toBe("docs (example.com)");
    expect(shown("<https://example.com/a>").text).toBe("https://example.com/a");
    expect(shown("[https://bank.example](https://evil.example)").text).toContain("evil.example");
    expect(shown("[аpple](https://аpple.com)").text).toContain("xn--");
    for (const bad of [
      "javascript:alert(1)",
      "//evil.example",
      "/logout",
      "data:text/html,x",
      "https:evil.example",
      "https://a@evil.example",
      "https://evil.example\\x",
    ]) {
      const { root, text } = shown(`[x](<${bad}>)`);
      expect(root.querySelector("a"), bad).toBeNull();
      expect(text, bad).toContain(bad.replace("\\\\", "\\"));
    }
  });

  it("follows an address in which entities were written", () => {
    const { root } = shown("[a](https://x.example/?a=1&amp;b=2)");
    expect(root.querySelector("a")?.getAttribute("href")).toBe("https://x.example/?a=1&b=2");
  });

  it("shows the text as written at the press of Raw", () => {
    const { container, getByText } = render(<Markdown text="**bold** [x](https://a.example/p)" />);
    fireEvent.click(getByText("Raw"));
    expect(container.textContent).toContain("**bold** [x](https://a.example/p)");
    fireEvent.click(getByText("Raw"));
    expect(container.querySelector("strong")).not.toBeNull();
  });

  it("shows text that takes too long to format as written, and formats it when asked", () => {
    expect(parse("**x**", -1).kind).toBe("refused");
    const { container, getByText } = render(<Markdown text={"*a* ".repeat(30_000)} />);
    expect(container.querySelector("em")).toBeNull();
    expect(container.textContent).toContain("*a* *a*");
    expect(getByText("Render as Markdown")).not.toBeNull();
  });

  it("reads a text in slices as it reads it whole, links by reference too", () => {
    const part = (n: number) =>
      `# ${n}\n\n- **a** [x][ref]\n- b\n\n\`\`\`js\n${n}\n\n${n}\n\`\`\`\n\n`;
    const text = `${[1, 2, 3, 4].map(part).join("")}[ref]: https://a.example/p`;
    const slices = slicesOf(text, 40);
    const found = [];
    let count = 0;
    while (!slices.done) {
      found.push(...slices.next());
      count += 1;
    }
    const whole = parse(text);
    expect(count).toBeGreaterThan(2);
    expect(whole.kind === "tree" && whole.nodes).toEqual(found);
  });

  it("draws the beginning of a long text at once and the rest when there is time", async () => {
    const text = Array.from({ length: 900 }, (_, n) => `Paragraph **${n}** of many words.`).join(
      "\n\n",
    );
    const { container } = render(<Markdown text={text} />);
    expect(container.textContent).toContain("Paragraph 0 of");
    expect(container.textContent).not.toContain("Paragraph 899 of");
    const first = container.querySelector("p");
    await vi.waitFor(() => expect(container.querySelectorAll("strong")).toHaveLength(900), 10_000);
    expect(container.querySelector("p")).toBe(first);
  });

  it.each([
    ["brackets", "[".repeat(20_000)],
    ["emphasis", "*a_ ".repeat(20_000)],
    ["quotes", ">".repeat(20_000)],
    ["backticks", Array.from({ length: 500 }, (_, i) => "`".repeat(i)).join(" ")],
    ["links", "[a](<b".repeat(10_000)],
    ["entities", "&#x1f;".repeat(10_000)],
    ["table", `${"|a".repeat(500)}\n${"|-".repeat(500)}\n${"|b\n".repeat(2_000)}`],
  ])("ends soon on hostile %s", (_, text) => {
    const start = performance.now();
    parse(text);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it("keeps joiners where they are spelling, and shows them where they hide", () => {
    expect(shown("می‌خواهم 👩‍💻 ❤️").text).toBe("می‌خواهم 👩‍💻 ❤️");
    expect(shown("pass\u200dword").text).toBe("passU+200Dword");
  });
});

describe("PlainText", () => {
  it("shows controls, direction marks and tag characters as badges", () => {
    const { container } = render(
      <PlainText text={"a\u202eb\u001b[31m\u0000\u{e0068}\u{e0069}\ud800"} />,
    );
    expect(container.textContent).toBe("aU+202EbU+001B[31mU+0000 tags “hi” U+E0068… U+D800");
  });

  it("draws a long text in pieces, all of it on demand", () => {
    const text = `${"x".repeat(99)}\n`.repeat(4_500);
    const { container, getByText } = render(<PlainText text={text} />);
    expect(container.textContent?.length).toBeLessThan(210_000);
    fireEvent.click(getByText(/Show more/));
    fireEvent.click(getByText(/Show more/));
    expect(container.textContent).toBe(text);
  });
});
