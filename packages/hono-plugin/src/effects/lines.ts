/**
 * The parts of a generation as NDJSON: one JSON document a line. Rather than server-sent events, since those add names
 * and reconnection that only `EventSource` uses, which cannot POST; a line can be read by anything.
 */
import type { FinishPart, GenerationPart } from "@facet/sdk"
import type { Exchange } from "../Exchange.ts"
import { errorToJson } from "./errorToJson.ts"

export const linesType = "application/x-ndjson; charset=utf-8"

type Parts = AsyncGenerator<GenerationPart, void, void>

/** The last line is the finish, or `{ "type": "error", "problem": … }` when the work failed on the way. */
export async function* stream(
  first: IteratorResult<GenerationPart, void>,
  rest: Parts,
  exchange: Exchange,
): AsyncGenerator<string, void, void> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      note(next.value, exchange)
      yield line(partToJson(next.value))
    }
  } catch (error) {
    // Nobody is there to be told.
    if (exchange.signal.aborted) throw error
    yield line({ type: "error", problem: exchange.failureAfterStart(error) })
  } finally {
    await rest.return()
  }
}

const line = (document: object): string => `${JSON.stringify(document)}\n`

function partToJson(part: GenerationPart): object {
  if (part.type === "failure") return { ...part, error: errorToJson(part.error) }
  const { blocked } = part.type === "finish" ? (part.guard ?? {}) : {}
  if (part.type !== "finish" || blocked?.error === undefined) return part
  return { ...part, guard: { ...part.guard, blocked: { ...blocked, error: errorToJson(blocked.error) } } }
}

function note(part: GenerationPart, exchange: Exchange): void {
  if (part.type === "text") exchange.noteFirstText()
  else if (part.type === "failure") exchange.tell(part.error)
  else if (part.type === "finish") noteFinish(part, exchange)
}

function noteFinish({ finishReason, guard, usage }: FinishPart, exchange: Exchange): void {
  const verdicts = guard === undefined ? undefined : Object.values(guard.verdicts)
  exchange.note({ finishReason, usage, flagged: verdicts?.filter(({ flagged }) => flagged).length })
}
