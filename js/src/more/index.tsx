// The entry of more.js: what the core asks for when it is first needed. Each export is a component for
// `<More name="…" />` (src/panes/more.tsx); `styles` goes into the widget's style sheets when it arrives.
import chatStyles from "../styles/chat.css";
import moreStyles from "../styles/more.css";
import pairStyles from "../styles/pairs.css";
import spansStyles from "../styles/spans.css";

export { ChatFirst, ChatHead } from "../panes/chat/alone";
export { Chat } from "../panes/chat/chat";
export { InputsOutputs } from "../panes/trace/io_tab";
export { Raw } from "../panes/trace/raw_tab";
export { Spans } from "../panes/trace/spans_tab";
export { Diff } from "./diff";
export { FromAnswer } from "./from_answer";
export { Highlighted } from "./highlighted";
export { NoteField } from "./note";
export { Overlays } from "./overlays";
export { OwnPart } from "./own_part";
export { Pair } from "./pairs/Pair";
export { PlaceList } from "./places/PlaceList";
export { Places } from "./places/Places";
export { StepTools } from "./places/StepTools";
export { QueuePane } from "./queue/QueuePane";
export { ResultsPane } from "./results/ResultsPane";
export { Turns } from "./turns";

export const styles: string = spansStyles + moreStyles + chatStyles + pairStyles;
