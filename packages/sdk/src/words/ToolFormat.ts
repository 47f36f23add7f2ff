/** How a model is told of tools and calls them, where its own chat template says it. */

/**
 * Formats that a chat template may name. `function-call` is FunctionGemma's: declarations, calls and results stand between
 * control tokens, and texts in them between two of `<escape>`. A model without one is told in words.
 */
export type ToolFormat = (typeof toolFormats)[number]
export const toolFormats = ["function-call"] as const

/** The control tokens of the format `function-call`. */
export const functionTokens = {
  declaration: ["<start_function_declaration>", "<end_function_declaration>"],
  call: ["<start_function_call>", "<end_function_call>"],
  response: ["<start_function_response>", "<end_function_response>"],
  escape: "<escape>",
} as const

const { call, declaration, escape, response } = functionTokens

/** Their names, one after the other. */
export const functionTokenNames: ReadonlyArray<string> = [...declaration, ...call, ...response, escape]

/** What a chat template speaks of that writes calls in the format. */
const marks = [declaration[0], call[0], response[0], escape]

/** The format that a chat template, in Jinja, writes tools in; undefined where it has no place for them. */
export const toolFormatOf = (template: string): ToolFormat | undefined =>
  marks.every((mark) => template.includes(mark)) ? "function-call" : undefined
