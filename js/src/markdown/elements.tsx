/** The tree of `tree.ts` → elements: only those named here, with no attribute from the text. */
import type { JSX } from "preact";
import { useMore } from "../lazy/lazy";
import { imagePlace, linkTarget, needsPlace } from "./links";
import { type MarkdownNode, textOf } from "./tree";
import { Inline, Visible } from "./visible";

export function Elements({ nodes }: { nodes: MarkdownNode[] }): JSX.Element {
  return (
    <>
      {nodes.map((node, index) => (
        <Element key={index} node={node} />
      ))}
    </>
  );
}

function Element({ node }: { node: MarkdownNode }): JSX.Element {
  switch (node.kind) {
    case "text":
      return <Visible text={node.text} />;
    case "code":
      return (
        <code>
          <Visible text={node.text} />
        </code>
      );
    case "code_block":
      return <CodeBlock info={node.info} text={node.text} />;
    case "source":
      return (
        <pre class="lw-md-source">
          <Visible text={node.text} />
        </pre>
      );
    case "link":
      return <Link href={node.href} title={node.title} nodes={node.children} />;
    case "image":
      return (
        <span class="lw-chip">
          {"[image not loaded: "}
          <Inline text={textOf(node.children)} />
          {" - "}
          <Inline text={imagePlace(node.source)} />
          <Title title={node.title} />
          {"]"}
        </span>
      );
    case "element":
      return <Plain node={node} />;
    default:
      return node satisfies never;
  }
}

function Plain({ node }: { node: MarkdownNode & { kind: "element" } }): JSX.Element {
  const Tag = node.tag;
  const align = node.align === null ? undefined : `lw-align-${node.align}`;
  switch (node.tag) {
    case "hr":
    case "br":
      return <Tag />;
    case "ol":
      return (
        <ol {...(node.start === null ? {} : { start: node.start })}>
          <Elements nodes={node.children} />
        </ol>
      );
    case "table":
      return (
        <div class="lw-md-table">
          <table>
            <Elements nodes={node.children} />
          </table>
        </div>
      );
    default:
      return (
        <Tag {...(align === undefined ? {} : { class: align })}>
          <Elements nodes={node.children} />
        </Tag>
      );
  }
}

/** A code block; where it names a language its words get colours, from tokens, never from HTML. */
export function CodeBlock({ info, text }: { info: string; text: string }): JSX.Element {
  const Highlighted = useMore("Highlighted", info !== "");
  return (
    <div class="lw-code">
      {info !== "" && (
        <span class="lw-code-info">
          <Inline text={info} />
        </span>
      )}
      <pre>
        <code>
          {Highlighted === null || info === "" ? (
            <Visible text={text} />
          ) : (
            <Highlighted info={info} text={text} />
          )}
        </code>
      </pre>
    </div>
  );
}

type LinkProps = { href: string; title: string; nodes: MarkdownNode[] };

function Link({ href, title, nodes }: LinkProps): JSX.Element {
  const target = linkTarget(href);
  if (target === null) {
    // Not followed, so that all of it has to be readable.
    return (
      <span class="lw-nolink">
        <Elements nodes={nodes} />
        {" ["}
        <Inline text={href} />
        <Title title={title} />
        {"]"}
      </span>
    );
  }
  return (
    <>
      <a
        href={target.href}
        target="_blank"
        rel="noopener noreferrer nofollow ugc"
        referrerPolicy="no-referrer"
      >
        <Elements nodes={nodes} />
      </a>
      {(title !== "" || needsPlace(textOf(nodes), target)) && (
        <span class="lw-place">
          {" ("}
          <Inline text={target.place} />
          <Title title={title} />
          {")"}
        </span>
      )}
    </>
  );
}

function Title({ title }: { title: string }): JSX.Element | null {
  if (title === "") return null;
  return (
    <>
      {" · "}
      <Inline text={title} />
    </>
  );
}
