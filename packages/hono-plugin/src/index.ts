/** Guard a Hono route in one line, or serve Gemma 2 behind OpenAI's API. */
export { shield, type ShieldMiddleware } from "./shield.ts"
export type { ShieldOptions } from "./ShieldOptions.ts"
export type { ShieldContext, ShieldVariables } from "./ShieldContext.ts"
export type { ShieldFailure, ShieldReport } from "./ShieldReport.ts"
export { UnreadableBodyError } from "./UnreadableBodyError.ts"
export { openai, type OpenAIApp, type OpenAIOptions } from "./openai/openai.ts"
export type { RequestReport } from "./openai/Exchange.ts"
