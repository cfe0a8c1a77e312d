import type { JSX } from "preact";
import { Inline } from "../markdown";
import type { Document, DocumentsBlock } from "../protocol.gen";
import { useFold } from "./context";
import { counted, duration, score } from "./format";
import { JsonPartView, Parts } from "./parts";
import { Folding, RoleLine } from "./pieces";
import { StepButtons } from "./step_buttons";

const FOLD_AT = 600;
const QUERY_FOLD_AT = 300;
/** Documents that are shown at first. */
const FIRST = 10;

export function DocumentsView({ block }: { block: DocumentsBlock }): JSX.Element {
  const { isOpen, toggle } = useFold(`${block.id}/documents`);
  const { documents } = block;
  const shown = isOpen ? documents : documents.slice(0, FIRST);
  return (
    <div class="lw-msg lw-from-documents">
      <RoleLine
        title={
          documents.length === 0
            ? "Retrieved no documents"
            : `Retrieved ${counted(documents.length, "document")}`
        }
        details={[block.name, duration(block.duration_ms)]}
        spanButton={<StepButtons block={block} />}
      />
      {block.query.length > 0 && (
        <div class="lw-query">
          <p class="lw-label">Query</p>
          <Parts id={`${block.id}/query`} parts={block.query} foldAt={QUERY_FOLD_AT} />
        </div>
      )}
      {shown.map((document, index) => (
        <DocumentCard key={index} id={`${block.id}/${index}`} document={document} />
      ))}
      {documents.length > FIRST && (
        <button type="button" class="lw-link" aria-expanded={isOpen} onClick={toggle}>
          {isOpen ? `Show the first ${FIRST}` : `Show all ${documents.length} documents`}
        </button>
      )}
    </div>
  );
}

function DocumentCard({ id, document }: { id: string; document: Document }): JSX.Element {
  const { isOpen, toggle } = useFold(`${id}/card`, true);
  const { source, doc_id, metadata } = document;
  return (
    <div class="lw-card">
      <header>
        <button type="button" class="lw-card-fold" aria-expanded={isOpen} onClick={toggle}>
          <span class="lw-tag lw-tag-retr">{document.rank}</span>
          <span class="lw-source">
            {source === "" && doc_id === "" ? (
              "Document without a source"
            ) : (
              <Inline text={source || doc_id} />
            )}
          </span>
          {source !== "" && doc_id !== "" && doc_id !== source && (
            <span class="lw-detail lw-doc-id">
              <Inline text={doc_id} />
            </span>
          )}
          <span class="lw-right" title={document.score === null ? "" : `Score ${document.score}`}>
            {document.score === null ? "" : score(document.score)}
          </span>
        </button>
      </header>
      {isOpen && (
        <div class="lw-in">
          {document.parts.length === 0 && <p class="lw-note">Empty document</p>}
          <Parts id={id} parts={document.parts} foldAt={FOLD_AT} />
          {metadata !== null && (
            <Folding id={`${id}/metadata`} summary="Metadata">
              <JsonPartView id={`${id}/metadata`} part={metadata} foldAt={FOLD_AT} />
            </Folding>
          )}
        </div>
      )}
    </div>
  );
}
