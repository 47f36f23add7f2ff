/** A guarded stream as the AI SDK's parts. */
import type { LanguageModelV4StreamPart, LanguageModelV4Usage, SharedV4Warning } from "@ai-sdk/provider"
import {
  type Blocked,
  facetFailure,
  facetVerdict,
  type GuardedCall,
  type GuardPart,
  type GuardReport,
  holdsBack,
} from "@facet/sdk/words"
import type { Released } from "./GuardStreams.ts"
import { OpenBlocks } from "./OpenBlocks.ts"
import type { ShieldMiddlewareOptions } from "./ShieldMiddlewareOptions.ts"
import { blockedPart, blockedReason, type FailedPart, metadataOf, replacementOf } from "./ShieldOutcome.ts"

type Part = LanguageModelV4StreamPart
type Parts = GuardPart<Released>
type Finish = Extract<Part, { type: "finish" }>

export interface Shielding extends Pick<ShieldMiddlewareOptions, "onBlocked"> {
  /** Told of all that goes out, and of the end. */
  readonly call: GuardedCall
  /** Whether whoever asked has left. */
  readonly isAborted: () => boolean
  /** What was used so far. */
  readonly usage: () => LanguageModelV4Usage
  readonly warnings: ReadonlyArray<SharedV4Warning>
  /** Whether what is flagged is blocked. */
  readonly canBlock: boolean
}

/** No model's block is named so. */
const replacementId = "facet.blocked"

/**
 * Verdicts stand beside the text: the input's at the beginning, one of the output at the end, and each one that flagged
 * something where it did. The finish comes last, since it tells what the guard did.
 */
export async function* shieldedParts(
  guarded: AsyncIterable<Parts>,
  shielding: Shielding,
): AsyncGenerator<Part, void, void> {
  const { call, isAborted } = shielding
  const writer = new PartWriter(shielding)
  let last: ReadonlyArray<Part> = []
  try {
    for await (const part of guarded) {
      call.note(part)
      // After the report a source may still fail: how the call ended is known behind it.
      if (part.type === "report") last = writer.write(part)
      else yield* released(part, writer, shielding)
    }
    call.end()
  } catch (error) {
    call.end({ error, isAborted: isAborted() })
    yield* last
    throw error
  } finally {
    // Nobody reads on.
    call.end({ isAborted: true })
  }
  yield* last
}

async function* released(
  part: Parts,
  writer: PartWriter,
  { call, onBlocked }: Shielding,
): AsyncGenerator<Part, void, void> {
  // Whoever asks for the next part has it at once.
  if (part.type === "value") call.sent(part.value.characters)
  yield* writer.write(part)
  if (part.type !== "blocked") return
  const text = await replacementOf(part.blocked, onBlocked)
  if (text === "") return
  yield { type: "text-start", id: replacementId }
  yield { type: "text-delta", id: replacementId, delta: text }
  yield { type: "text-end", id: replacementId }
}

class PartWriter {
  readonly #shielding: Shielding
  readonly #open = new OpenBlocks()
  readonly #failures: Array<FailedPart> = []
  /** What waits for the stream's start. */
  readonly #early: Array<Part> = []
  #hasBegun = false
  #isOutputTold = false
  #finish: Finish | undefined

  constructor(shielding: Shielding) {
    this.#shielding = shielding
  }

  write(part: Parts): ReadonlyArray<Part> {
    switch (part.type) {
      case "value":
        return part.value.parts.flatMap((value) => this.#value(value))
      case "verdict":
        return this.#verdict(part)
      case "failure":
        this.#failures.push(part)
        return this.#aside(facetFailure(part))
      case "blocked":
        return this.#block(part.blocked)
      case "report":
        return this.#end(part.report)
    }
  }

  #value(part: Part): ReadonlyArray<Part> {
    if (part.type === "finish") {
      this.#finish = part
      return []
    }
    this.#open.sent(part)
    return this.#hasBegun ? [part] : this.#begin(part)
  }

  /** A verdict that blocks is told with the block, when nothing is open any more. */
  #verdict({ of, verdict }: Extract<Parts, { type: "verdict" }>): ReadonlyArray<Part> {
    if (holdsBack(verdict) ? this.#shielding.canBlock : of === "output") return []
    if (of === "output") this.#isOutputTold = true
    return this.#aside(facetVerdict({ of, verdict }))
  }

  #block(blocked: Blocked): ReadonlyArray<Part> {
    if (blocked.of === "output") this.#isOutputTold = true
    return [...(this.#hasBegun ? [] : this.#begin()), ...this.#open.close(), blockedPart(blocked)]
  }

  #end(report: GuardReport): ReadonlyArray<Part> {
    const { usage } = this.#shielding
    const { blocked, verdicts } = report
    // Nothing came: the model failed, and that is told by whoever called it.
    if (!this.#hasBegun && this.#finish === undefined) return []
    const begin = this.#hasBegun ? [] : this.#begin()
    const verdict =
      verdicts.output === undefined || this.#isOutputTold
        ? []
        : [facetVerdict({ of: "output", verdict: verdicts.output })]
    // Probabilities of its tokens spell what was cut out.
    const told = report.redactedCharacters === undefined ? this.#finish?.providerMetadata : undefined
    const providerMetadata = metadataOf(report, this.#failures, told)
    if (blocked !== undefined) {
      const finish: Finish = { type: "finish", finishReason: blockedReason, usage: usage(), providerMetadata }
      return [...begin, ...verdict, finish]
    }
    return [...begin, ...verdict, ...(this.#finish === undefined ? [] : [{ ...this.#finish, providerMetadata }])]
  }

  #aside(part: Part): ReadonlyArray<Part> {
    if (this.#hasBegun) return [part]
    this.#early.push(part)
    return []
  }

  /** The model's own start comes first, where it has one. */
  #begin(first?: Part): ReadonlyArray<Part> {
    this.#hasBegun = true
    const { warnings } = this.#shielding
    const rest = [...this.#early, ...(first === undefined || first.type === "stream-start" ? [] : [first])]
    if (first?.type === "stream-start") return [{ ...first, warnings: [...first.warnings, ...warnings] }, ...rest]
    if (first !== undefined && warnings.length === 0) return rest
    return [{ type: "stream-start", warnings: [...warnings] }, ...rest]
  }
}
