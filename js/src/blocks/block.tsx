/** A trace's story, block by block: one component a kind. */
import type { JSX } from "preact";
import type { TraceReply } from "../protocol.gen";
import { DocumentsView } from "./documents";
import { MessageView } from "./message";
import { ErrorView, RenderView, ToolDefinitionsView, TurnView, ValueView } from "./others";
import { ToolView } from "./tool";

export type Block = TraceReply["blocks"][number];

const MAX_INDENT = 6;

export function BlockView({ block }: { block: Block }): JSX.Element {
  const depth = Math.min(Math.max(block.depth, 0), MAX_INDENT);
  return (
    <div class={depth === 0 ? "lw-block" : "lw-block lw-nested"} style={{ "--lw-depth": depth }}>
      <Kind block={block} />
    </div>
  );
}

function Kind({ block }: { block: Block }): JSX.Element {
  switch (block.kind) {
    case "message":
      return <MessageView block={block} />;
    case "tool":
      return <ToolView block={block} />;
    case "documents":
      return <DocumentsView block={block} />;
    case "error":
      return <ErrorView block={block} />;
    case "value":
      return <ValueView block={block} />;
    case "tool_definitions":
      return <ToolDefinitionsView block={block} />;
    case "turn":
      return <TurnView block={block} />;
    case "render":
      return <RenderView block={block} />;
    default:
      return block satisfies never;
  }
}
