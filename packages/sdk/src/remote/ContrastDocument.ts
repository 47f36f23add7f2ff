/** Vectors to steer along, as JSON: tensors, as a trace's. */
import type { ContrastVector } from "../words/Contrast.ts"
import { base64, floats } from "./FloatTensor.ts"
import { list, type Reader, record, whole } from "./Reader.ts"
import { siteFromJson } from "./TraceDocument.ts"

/** @throws Misread when it is none. */
export const contrastFromJson: Reader<ReadonlyArray<ContrastVector>> = list(
  record<ContrastVector>({ site: siteFromJson, layer: whole, vector: floats }),
)

export const contrastToJson = (vectors: ReadonlyArray<ContrastVector>): ReadonlyArray<object> =>
  vectors.map(({ vector, ...rest }) => ({ ...rest, vector: base64(vector) }))
