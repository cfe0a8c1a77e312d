/** The blocks that need little: errors, values, tool definitions, turns, views of the user's own. */
import type { JSX } from "preact";
import { Inline, Markdown, PlainText, Source } from "../markdown";
import { More } from "../panes/more";
import type {
  ErrorBlock,
  RenderBlock,
  ToolDefinitionsBlock,
  TurnBlock,
  ValueBlock,
} from "../protocol.gen";
import { counted } from "./format";
import { JsonPartView, Parts, TextView } from "./parts";
import { Folding, RoleLine } from "./pieces";
import { StepButtons } from "./step_buttons";

const VALUE_FOLD_AT = 6_000;
const DETAIL_FOLD_AT = 2_000;

export function ErrorView({ block }: { block: ErrorBlock }): JSX.Element {
  const { stacktrace } = block;
  return (
    <div class="lw-msg lw-from-error">
      <RoleLine
        title="Error"
        details={[block.error_type, block.where]}
        spanButton={<StepButtons block={block} />}
      />
      <div class="lw-card lw-card-bad">
        <div class="lw-in lw-error-text">
          <Source id={`${block.id}/message`} text={block.message}>
            <PlainText text={block.message === "" ? "No message" : block.message} />
          </Source>
        </div>
        {stacktrace !== null && (
          <div class="lw-in lw-result">
            <Folding id={`${block.id}/stack`} summary="Stack trace">
              <div class="lw-mono">
                <TextView id={`${block.id}/stack`} part={stacktrace} foldAt={VALUE_FOLD_AT} />
              </div>
            </Folding>
          </div>
        )}
      </div>
    </div>
  );
}

export function ValueView({ block }: { block: ValueBlock }): JSX.Element {
  return (
    <div class="lw-msg lw-from-other">
      <RoleLine
        title={<Inline text={block.title} />}
        details={[block.final ? "final answer" : ""]}
        spanButton={<StepButtons block={block} />}
      />
      {block.parts.length === 0 && <p class="lw-note">Empty</p>}
      <Parts
        id={block.id}
        parts={block.parts}
        foldAt={block.final ? Number.POSITIVE_INFINITY : VALUE_FOLD_AT}
      />
    </div>
  );
}

export function ToolDefinitionsView({ block }: { block: ToolDefinitionsBlock }): JSX.Element {
  const names = block.tools.map((tool) => tool.name).join(", ");
  return (
    <Folding
      id={block.id}
      summary={
        <>
          {counted(block.tools.length, "tool")} offered <span class="lw-detail">· </span>
          <Inline text={names.length > 200 ? `${names.slice(0, 200)}…` : names} />
        </>
      }
    >
      {block.tools.map((tool, index) => (
        <div key={index} class="lw-card">
          <header>
            <span class="lw-tool-name">
              <Inline text={tool.name} />
            </span>
          </header>
          <div class="lw-in">
            {tool.description !== "" && <Markdown text={tool.description} />}
            {tool.parameters !== null && (
              <JsonPartView
                id={`${block.id}/${index}`}
                part={tool.parameters}
                foldAt={DETAIL_FOLD_AT}
              />
            )}
          </div>
        </div>
      ))}
    </Folding>
  );
}

export function TurnView({ block }: { block: TurnBlock }): JSX.Element {
  return (
    <div class="lw-turn">
      <span class="lw-turn-title">
        <Inline text={block.title} />
      </span>
      {block.detail !== "" && (
        <span class="lw-detail">
          {"· "}
          <Inline text={block.detail} />
        </span>
      )}
      <StepButtons block={block} />
    </div>
  );
}

export function RenderView({ block }: { block: RenderBlock }): JSX.Element {
  return (
    <div class="lw-msg lw-from-other">
      <RoleLine
        title={<Inline text={block.title} />}
        details={["own view"]}
        spanButton={<StepButtons block={block} />}
      />
      {block.error !== null && (
        <div class="lw-failure">
          This view failed, what follows is the usual one. <Inline text={block.error} />
        </div>
      )}
      {block.parts.map((part, index) => (
        <div key={index} class="lw-part">
          {part.kind === "text" || part.kind === "json" ? (
            <Parts id={`${block.id}/${index}`} parts={[part]} foldAt={VALUE_FOLD_AT} />
          ) : (
            <More name="OwnPart" props={{ part }} />
          )}
        </div>
      ))}
    </div>
  );
}
