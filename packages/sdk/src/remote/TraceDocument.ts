/** A trace as JSON. */
import { siteNames } from "../words/Site.ts"
import type { Feature, Trace, TraceToken } from "../words/Trace.ts"
import { base64, floats } from "./FloatTensor.ts"
import { list, number, oneOf, optional, type Reader, record, text, whole } from "./Reader.ts"

export const siteFromJson = oneOf(siteNames)

export const traceTokenFromJson: Reader<TraceToken> = record<TraceToken>({
  token: text,
  id: whole,
  features: list(record<Feature>({ index: whole, activation: number, label: optional(text) })),
})

/** @throws Misread when it is none. */
export const traceFromJson: Reader<Trace> = record<Trace>({
  site: siteFromJson,
  layer: whole,
  tokens: list(traceTokenFromJson),
  activations: optional(floats),
})

/** @throws Misread when they are none. */
export const tracesFromJson: Reader<ReadonlyArray<Trace>> = list(traceFromJson)

export const traceToJson = ({ activations, ...trace }: Trace): object =>
  activations === undefined ? trace : { ...trace, activations: base64(activations) }
