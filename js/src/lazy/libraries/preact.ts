// What src/more uses of this library. A name more costs the core a few bytes; the build says when one is missing.
export { createContext, Fragment } from "preact";
