import { type ChatMessage, isRecord, type MessageWithParts, type ToolCall } from "@facet/sdk/words"

/** A call as it stands in a message: `tool-NAME` of the AI SDK, or `dynamic-tool`. */
interface ToolPart {
  readonly type: string
  readonly toolName?: unknown
  readonly toolCallId: string
  readonly state?: unknown
  readonly input?: unknown
  readonly output?: unknown
  readonly errorText?: unknown
  readonly preliminary?: unknown
}

/**
 * The turns of an answer: in each of its steps what the model said and called, and what the page found (`addToolOutput`).
 * A call that has no result is left out, as no model can go on from one.
 */
export function answerTurns({ parts }: MessageWithParts): ReadonlyArray<ChatMessage> {
  const steps: Array<Step> = [new Step()]
  for (const part of parts) {
    if ("type" in part && part.type === "step-start") steps.push(new Step())
    else steps.at(-1)?.add(part)
  }
  return steps.flatMap((step) => step.turns)
}

class Step {
  #text = ""
  readonly #calls: Array<ToolCall> = []
  readonly #results: Array<ChatMessage> = []

  add(part: object): void {
    // The texts of an answer were cut out of one text.
    if ("type" in part && part.type === "text" && "text" in part) this.#text += String(part.text)
    if (!isToolPart(part)) return
    const content = resultOf(part)
    if (content === undefined) return
    const { input, toolCallId: id } = part
    this.#calls.push({ id, name: nameOf(part), input: isRecord(input) ? input : {} })
    this.#results.push({ role: "tool", content, toolCallId: id })
  }

  get turns(): ReadonlyArray<ChatMessage> {
    const isCalling = this.#calls.length > 0
    // An answer of which nothing is left, such as a blocked one, is no turn.
    if (this.#text === "" && !isCalling) return []
    const said = { role: "assistant", content: this.#text, ...(isCalling && { toolCalls: this.#calls }) } as const
    return [said, ...this.#results]
  }
}

const isToolPart = (part: object): part is ToolPart =>
  "type" in part &&
  typeof part.type === "string" &&
  (part.type.startsWith("tool-") || part.type === "dynamic-tool") &&
  "toolCallId" in part &&
  typeof part.toolCallId === "string"

const nameOf = ({ toolName, type }: ToolPart): string =>
  type === "dynamic-tool" ? String(toolName) : type.slice("tool-".length)

/** What the model is told, as `runTools` tells it; undefined while there is none. */
function resultOf({ errorText, output, preliminary, state }: ToolPart): string | undefined {
  switch (state) {
    case "output-available":
      return preliminary === true ? undefined : typeof output === "string" ? output : (JSON.stringify(output) ?? "null")
    case "output-error":
      return JSON.stringify({ error: errorText })
    case "output-denied":
      return JSON.stringify({ error: "it was not allowed to run" })
    default:
      return undefined
  }
}
