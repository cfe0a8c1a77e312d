// What the trace answered in the end, as text.
import { codePoints } from "../blocks/load";
import type { TraceServices } from "../panes/trace/contract";
import type { BlockPages } from "../panes/trace/pages";
import type { TraceReply } from "../protocol.gen";

type Blocks = TraceReply["blocks"];
type Piece = { text: string; length: number; ref: string | null };

/** The texts of the final answer; null when none of these blocks is one. */
export function answerOf(blocks: Blocks): Piece[] | null {
  for (const block of blocks.toReversed()) {
    if ((block.kind !== "message" && block.kind !== "value") || !block.final) continue;
    const pieces = block.parts.flatMap((part): Piece[] => {
      if (part.kind === "text") return [part];
      return part.kind === "json" ? [{ ...part, text: part.json_text }] : [];
    });
    if (pieces.length > 0) return pieces;
  }
  return null;
}

/** The whole of it, asking for what was sent in part. */
export async function wholeAnswer(
  pages: BlockPages,
  services: TraceServices,
): Promise<string | null> {
  const pieces = answerOf(pages.blocks.peek()) ?? answerOf(await pages.all());
  if (pieces === null) return null;
  const texts = await Promise.all(pieces.map((piece) => wholeOf(piece, services)));
  return texts.join("\n\n");
}

async function wholeOf({ text, length, ref }: Piece, services: TraceServices): Promise<string> {
  let whole = text;
  let offset: number | null = codePoints(text);
  while (ref !== null && offset !== null && offset < length) {
    const page = await services.text(ref, offset);
    whole += page.text;
    offset = page.next_offset !== null && page.next_offset > offset ? page.next_offset : null;
  }
  return whole;
}
