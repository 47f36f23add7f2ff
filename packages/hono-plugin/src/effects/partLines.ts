import { breakToJson, lineOf, partToJson } from "@facet/sdk/remote"
import type { FinishPart, GenerationPart } from "@facet/sdk/words"
import type { Exchange } from "../Exchange.ts"
import { noteGuard } from "../noteGuard.ts"
import { errorToJson } from "./errorToJson.ts"

type Parts = AsyncGenerator<GenerationPart, void, void>

/**
 * The parts of a generation, one a line. The last line is the finish, or the problem when the work failed on the way.
 *
 * @param first of the parts; an answer that cannot begin is told otherwise.
 */
export async function* partLines(
  first: IteratorResult<GenerationPart, void>,
  rest: Parts,
  exchange: Exchange,
): AsyncGenerator<string, void, void> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      note(next.value, exchange)
      yield lineOf(partToJson(next.value, errorToJson))
    }
  } catch (error) {
    // Nobody is there to be told.
    if (exchange.signal.aborted) throw error
    yield lineOf(breakToJson(exchange.failureAfterStart(error)))
  } finally {
    await rest.return()
  }
}

function note(part: GenerationPart, exchange: Exchange): void {
  if (part.type === "text" || part.type === "tool-input-start") exchange.noteFirstText()
  else if (part.type === "failure") exchange.tell(part.error)
  else if (part.type === "finish") noteFinish(part, exchange)
}

function noteFinish(part: FinishPart, exchange: Exchange): void {
  const { finishReason, timings, usage } = part
  noteGuard(part, exchange)
  exchange.noteTimings(timings)
  exchange.note({ finishReason, usage })
}
