// What more.js (src/more) shares with the core instead of bringing it again: libraries, and modules of ours.
//
// plugins/shared.mjs reads this file: what src/more imports of the modules named here comes from this object. The build
// stops when src/more brings something that the core holds too; it then belongs here.
import * as context from "../blocks/context";
import * as format from "../blocks/format";
import * as jsonTree from "../blocks/json_tree";
import * as load from "../blocks/load";
import * as longText from "../blocks/long_text";
import * as parts from "../blocks/parts";
import * as pieces from "../blocks/pieces";
import * as fields from "../form/Fields";
import * as refused from "../form/Refused";
import * as idle from "../host/idle";
import * as markdown from "../markdown";
import * as view from "../panes/context";
import * as key from "../panes/Key";
import * as shortcuts from "../panes/shortcuts";
import * as pages from "../panes/trace/pages";
import * as scroll from "../panes/trace/scroll";
import * as spanRows from "../panes/trace/span_rows";
import * as changes from "../state/changes";
import * as questions from "../state/questions";
import * as values from "../state/values";
import * as hooks from "./libraries/hooks";
import * as jsx from "./libraries/jsx";
import * as preact from "./libraries/preact";
import * as signals from "./libraries/signals";

export const shared = {
  changes,
  context,
  fields,
  format,
  hooks,
  idle,
  jsonTree,
  key,
  jsx,
  load,
  longText,
  markdown,
  pages,
  parts,
  pieces,
  preact,
  questions,
  refused,
  scroll,
  shortcuts,
  signals,
  spanRows,
  values,
  view,
};
