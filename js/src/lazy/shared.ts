// What more.js (src/more) shares with the core instead of bringing it again: libraries, and modules of ours.
//
// plugins/shared.mjs reads this file: what src/more imports of the modules named here comes from this object. The build
// stops when src/more brings something that the core holds too; it then belongs here.
import * as pieces from "../blocks/pieces";
import * as idle from "../host/idle";
import * as markdown from "../markdown";
import * as hooks from "./libraries/hooks";
import * as jsx from "./libraries/jsx";
import * as preact from "./libraries/preact";
import * as signals from "./libraries/signals";

export const shared = { hooks, idle, jsx, markdown, pieces, preact, signals };
