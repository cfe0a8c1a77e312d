import type { JSX } from "preact";
import { Inline } from "../markdown";
import type { MessageBlock } from "../protocol.gen";
import { counted } from "./format";
import { Parts } from "./parts";
import { Folding, RoleLine } from "./pieces";
import { StepButtons } from "./step_buttons";

/** A message is judged whole: it folds only when it is very long, the final answer never. */
const FOLD_AT = 6_000;

const ROLES = new Map([
  ["user", "User"],
  ["assistant", "Assistant"],
  ["system", "System"],
  ["developer", "Developer"],
  ["tool", "Tool"],
]);

export function MessageView({ block }: { block: MessageBlock }): JSX.Element {
  const role = ROLES.get(block.role);
  const title = role ?? <Inline text={block.role} />;
  const body = <Body block={block} />;
  if (block.folded) {
    return (
      <Folding
        id={block.id}
        summary={
          <>
            {title} <span class="lw-detail">· </span>
            <Inline text={preview(block)} />
            <span class="lw-detail"> · {counted(lengthOf(block), "character")}</span>
          </>
        }
      >
        {body}
      </Folding>
    );
  }
  return (
    <div class={`lw-msg lw-from-${role === undefined ? "other" : block.role}`}>
      <RoleLine
        title={title}
        details={[block.name, block.detail, block.final ? "final answer" : ""]}
        spanButton={<StepButtons block={block} />}
      />
      <div class="lw-bubble">{body}</div>
    </div>
  );
}

function Body({ block }: { block: MessageBlock }): JSX.Element {
  if (block.parts.length === 0) return <p class="lw-note">Empty message</p>;
  const foldAt = block.final ? Number.POSITIVE_INFINITY : FOLD_AT;
  return <Parts id={block.id} parts={block.parts} foldAt={foldAt} />;
}

function preview(block: MessageBlock): string {
  for (const part of block.parts) {
    const text = part.kind === "text" ? part.text : part.kind === "json" ? part.json_text : "";
    const line = text.trim().split("\n", 1)[0] ?? "";
    if (line !== "") return line.length > 120 ? `${line.slice(0, 120)}…` : line;
  }
  return "";
}

function lengthOf(block: MessageBlock): number {
  return block.parts.reduce((sum, part) => sum + (part.kind === "media" ? 0 : part.length), 0);
}
