/** How a request's body is written without what a judge cuts out of it. */
import {
  type InputRedaction,
  isWritable,
  type SaidOtherwise,
  saidOtherwise,
  writableStrings,
  writeJson,
} from "@facet/sdk"
import { type GuardPlan, parseJson, runInSlices } from "@facet/sdk/words"
import type { Context } from "hono"
import { withoutLength } from "../replaceResponse.ts"
import { writtenOfJson } from "./inputOfJson.ts"
import { inputOfBody, type TextBody } from "./readInput.ts"
import { requestWithBody } from "./requestWithBody.ts"

/** The handler reads what was written, and no more has to unzip it. */
export function redactionOfBody(c: Context, body: TextBody, whose: GuardPlan["whose"]): InputRedaction {
  const { strings, write } = writerOf(body, whose)
  return {
    strings,
    rewrite: async (said) => {
      const text = write(said)
      const input = await runInSlices(inputOfBody({ ...body, text }, whose))
      const headers = withoutLength(c.req.raw.headers)
      headers.delete("content-encoding")
      c.req.raw = requestWithBody(c.req.raw, new TextEncoder().encode(text), headers)
      return input
    },
  }
}

interface Writer {
  readonly strings: ReadonlyArray<string>
  readonly write: (said: SaidOtherwise) => string
}

function writerOf({ kind, text }: TextBody, whose: GuardPlan["whose"]): Writer {
  const json = parseJson(text)
  if (json !== undefined) {
    return { strings: writtenOfJson(json.value, whose), write: (said) => writeJson(text, said) }
  }
  return kind === "fields" ? writerOfFields(text) : { strings: [text], write: (said) => saidOtherwise(text, said) }
}

function writerOfFields(text: string): Writer {
  const fields = [...new URLSearchParams(text)]
  return {
    strings: fields.flatMap(([name, value]) => writableStrings(value, name)),
    write: (said) => {
      const written = new URLSearchParams()
      for (const [name, value] of fields) {
        written.append(name, isWritable(name, value) ? saidOtherwise(value, said) : value)
      }
      return written.toString()
    },
  }
}
