import type { JSX } from "preact";
import { Inline, PlainText, Source } from "../markdown";
import type { ToolBlock } from "../protocol.gen";
import { duration } from "./format";
import { Parts } from "./parts";
import { RoleLine } from "./pieces";
import { StepButtons } from "./step_buttons";

const FOLD_AT = 1_200;

export function ToolView({ block }: { block: ToolBlock }): JSX.Element {
  const hasResult = block.result.length > 0;
  return (
    <div class="lw-msg lw-from-tool">
      <RoleLine title="Tool call" details={[]} spanButton={<StepButtons block={block} />} />
      <div class={block.error === null ? "lw-card" : "lw-card lw-card-bad"}>
        <header>
          <span class="lw-tag lw-tag-tool">tool</span>
          <span class="lw-tool-name">
            <Inline text={block.name} />
          </span>
          <span class="lw-right">
            {!block.answered && <span class="lw-tag lw-tag-warn">no result</span>}
            {block.error !== null && <span class="lw-tag lw-tag-bad">error</span>}
            {duration(block.duration_ms)}
          </span>
        </header>
        <div class="lw-in">
          {block.arguments.length > 0 ? (
            <Parts id={`${block.id}/arguments`} parts={block.arguments} foldAt={FOLD_AT} />
          ) : (
            <p class="lw-note">No arguments</p>
          )}
        </div>
        {hasResult && (
          <div class="lw-in lw-result">
            <p class="lw-label">Result</p>
            <Parts id={`${block.id}/result`} parts={block.result} foldAt={FOLD_AT} />
          </div>
        )}
        {block.answered && !hasResult && block.error === null && (
          <p class="lw-in lw-result lw-note">Empty result</p>
        )}
        {!block.answered && (
          <p class="lw-in lw-result lw-note">This call has no result in the trace.</p>
        )}
        {block.error !== null && (
          <div class="lw-in lw-result lw-error-text">
            <Source id={`${block.id}/error`} text={block.error}>
              <PlainText text={block.error} />
            </Source>
          </div>
        )}
      </div>
    </div>
  );
}
