/** JSON as a tree that folds, with copy, path and the text as written. */
import { type Signal, useSignal } from "@preact/signals";
import { createContext, type JSX } from "preact";
import { useContext, useMemo } from "preact/hooks";
import { CodeText, Inline, Visible } from "../markdown";
import { useFold } from "./context";
import { count, counted } from "./format";
import { type JsonNode, memberPath, parseJson, readable } from "./json_tree";
import { CopyButton } from "./pieces";

/** A value of at most this many characters stands on one line. */
const ONE_LINE = 72;
/** Nested values larger than this are folded at first. */
const FOLD_ABOVE = 600;
/** Members that are drawn at once. */
const WINDOW = 100;
const LONG_STRING = 1_500;

/** Where rows note their paths, for the one listener that shows the path under the pointer. */
const Paths = createContext<WeakMap<Element, string>>(new WeakMap());

export function JsonView({ id, text }: { id: string; text: string }): JSX.Element {
  const tree = useMemo(() => parseJson(text), [text]);
  const raw = useSignal(false);
  const path = useSignal("");
  const paths = useMemo(() => new WeakMap<Element, string>(), []);
  return (
    <div class="lw-field">
      <div class="lw-field-tools">
        <PathLabel path={path} />
        <CopyButton text={() => text} />
        {tree !== null && (
          <button
            type="button"
            class="lw-quiet"
            aria-pressed={raw.value}
            title={raw.value ? "Show as a tree" : "Show as written"}
            onClick={() => {
              raw.value = !raw.value;
            }}
          >
            Raw
          </button>
        )}
      </div>
      {tree === null || raw.value ? (
        <CodeText text={text} />
      ) : (
        <div
          class="lw-json lw-text lw-mono"
          dir="ltr"
          onPointerOver={(event) => {
            path.value = pathAt(event.target, paths);
          }}
          onPointerLeave={() => {
            path.value = "";
          }}
        >
          <Paths.Provider value={paths}>
            <Value id={id} node={tree} path="$" prefix={null} suffix="" isRoot={true} />
          </Paths.Provider>
        </div>
      )}
    </div>
  );
}

function PathLabel({ path }: { path: Signal<string> }): JSX.Element {
  return (
    <span class="lw-json-path">
      <Inline text={path.value} />
    </span>
  );
}

function pathAt(target: EventTarget | null, paths: WeakMap<Element, string>): string {
  for (let at = target instanceof Element ? target : null; at !== null; at = at.parentElement) {
    const path = paths.get(at);
    if (path !== undefined) return path;
  }
  return "";
}

type ValueProps = {
  id: string;
  node: JsonNode;
  path: string;
  prefix: JSX.Element | null;
  /** The comma after it, or nothing. */
  suffix: string;
  isRoot?: boolean;
};

function Value({ id, node, path, prefix, suffix, isRoot = false }: ValueProps): JSX.Element {
  const paths = useContext(Paths);
  const note = (element: Element | null): void => {
    if (element !== null) paths.set(element, path);
  };
  if (!isLarge(node)) {
    return (
      <div ref={note}>
        {prefix}
        <Short node={node} />
        {suffix}
      </div>
    );
  }
  return (
    <div ref={note}>
      <Members id={id} node={node} path={path} prefix={prefix} suffix={suffix} isRoot={isRoot} />
    </div>
  );
}

type Container = JsonNode & { kind: "object" | "array" };

function isLarge(node: JsonNode): node is Container {
  return (node.kind === "object" || node.kind === "array") && node.end - node.start > ONE_LINE;
}

function Members(props: ValueProps & { node: Container }): JSX.Element {
  const { id, node, path, prefix, suffix, isRoot } = props;
  const isSmall = node.end - node.start <= FOLD_ABOVE;
  const { isOpen, toggle } = useFold(`${id}:${path}`, isRoot === true || isSmall);
  const shown = useSignal(WINDOW);
  const size = node.kind === "object" ? node.entries.length : node.items.length;
  const [opening, closing] = node.kind === "object" ? "{}" : "[]";
  const fold = (
    <button type="button" class="lw-json-fold" aria-expanded={isOpen} onClick={toggle}>
      {isOpen ? "▾" : `▸ ${counted(size, node.kind === "object" ? "key" : "item")}`}
    </button>
  );
  if (!isOpen) {
    return (
      <>
        {prefix}
        {opening}
        {fold}
        {closing}
        {suffix}
      </>
    );
  }
  const comma = (index: number): string => (index + 1 < size ? "," : "");
  return (
    <>
      {prefix}
      {opening}
      {fold}
      <div class="lw-json-members">
        {node.kind === "object"
          ? node.entries
              .slice(0, shown.value)
              .map(({ key, isRepeated, value }, index) => (
                <Value
                  key={index}
                  id={id}
                  node={value}
                  path={memberPath(path, key)}
                  prefix={<Key lexeme={key} isRepeated={isRepeated} />}
                  suffix={comma(index)}
                />
              ))
          : node.items
              .slice(0, shown.value)
              .map((item, index) => (
                <Value
                  key={index}
                  id={id}
                  node={item}
                  path={`${path}[${index}]`}
                  prefix={null}
                  suffix={comma(index)}
                />
              ))}
        {size > shown.value && (
          <button
            type="button"
            class="lw-link"
            onClick={() => {
              shown.value += 10 * WINDOW;
            }}
          >
            {`Show more (${count(size - shown.value)} left)`}
          </button>
        )}
      </div>
      {closing}
      {suffix}
    </>
  );
}

function Key({ lexeme, isRepeated }: { lexeme: string; isRepeated: boolean }): JSX.Element {
  return (
    <>
      <bdi class="lw-json-key">
        <Visible text={readable(lexeme)} />
      </bdi>
      {isRepeated && <span class="lw-badge">same key again</span>}
      {": "}
    </>
  );
}

/** A scalar, or a container that fits on a line. */
function Short({ node }: { node: JsonNode }): JSX.Element {
  switch (node.kind) {
    case "string":
      return <Text lexeme={node.lexeme} />;
    case "number":
      return <span class="lw-json-number">{node.lexeme}</span>;
    case "word":
      return <span class="lw-json-word">{node.lexeme}</span>;
    case "array":
      return (
        <>
          {"["}
          {node.items.map((item, index) => (
            <span key={index}>
              {index > 0 && ", "}
              <Short node={item} />
            </span>
          ))}
          {"]"}
        </>
      );
    case "object":
      return (
        <>
          {"{"}
          {node.entries.map(({ key, isRepeated, value }, index) => (
            <span key={index}>
              {index > 0 && ", "}
              <Key lexeme={key} isRepeated={isRepeated} />
              <Short node={value} />
            </span>
          ))}
          {"}"}
        </>
      );
    default:
      return node satisfies never;
  }
}

function Text({ lexeme }: { lexeme: string }): JSX.Element {
  const all = useSignal(false);
  const text = useMemo(() => readable(lexeme), [lexeme]);
  const isCut = text.length > LONG_STRING && !all.value;
  return (
    <>
      <bdi class="lw-json-string">
        <Visible text={isCut ? text.slice(0, LONG_STRING) : text} />
      </bdi>
      {isCut && (
        <button
          type="button"
          class="lw-link"
          onClick={() => {
            all.value = true;
          }}
        >
          {`… show all ${counted(text.length, "character")}`}
        </button>
      )}
    </>
  );
}
