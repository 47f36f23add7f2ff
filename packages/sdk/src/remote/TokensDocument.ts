/** What the effects on tokens answer, as JSON: ids as `tokens`, their text as `text`, how many as `count`. */
import type { RenderedPrompt } from "../words/RenderedPrompt.ts"
import { list, type Reader, record, text, whole } from "./Reader.ts"

/** @throws Misread when it is none. */
export const countFromJson = record<{ readonly count: number }>({ count: whole })

/** @throws Misread when it is none. */
export const idsFromJson = record<{ readonly tokens: ReadonlyArray<number> }>({ tokens: list(whole) })

/** @throws Misread when it is none. */
export const textFromJson = record<{ readonly text: string }>({ text })

/** @throws Misread when it is none. */
export const renderedFromJson: Reader<RenderedPrompt> = record<RenderedPrompt>({ tokens: list(whole), text })
