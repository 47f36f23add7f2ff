/** Texts that are held to a form: what the engine's decoding needs of it. */
export type { Automaton } from "./Automaton.ts"
export { grammarBytesOf, isControlByte } from "./ControlBytes.ts"
export { Constraints } from "./Constraints.ts"
export { Matcher } from "./Matcher.ts"
export { hasToken, setToken, type TokenMask } from "./TokenMask.ts"
