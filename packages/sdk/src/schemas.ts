/**
 * The words of the public surface that are schemas, too. Published as a file of its own: a page that only needs the types
 * leaves it out, and Effect's Schema with it.
 */
export { Device } from "./Device.ts"
export { Embedding } from "./Embedding.ts"
export { FinishReason } from "./Generation.ts"
export { ChatMessage, Prompt } from "./Prompt.ts"
export { Score, ScoreToken } from "./Score.ts"
export { TokenAlternative, TokenLogprob } from "./TokenLogprob.ts"
export { Feature, Trace, TraceToken } from "./Trace.ts"
export { PolicyVerdict, Verdict } from "./Verdict.ts"
