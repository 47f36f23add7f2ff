/** Effect's schemas as the forms that a text is held to. */
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Schema from "effect/Schema"
import { effectJsonSchema } from "../../words/readEffectSchema.ts"

/** What is written is the schema's JSON, in which a date is a text: it is read by the codec of that, and not by the schema's own. */
export const codecTransformer: LanguageModel.CodecTransformer = (schema) => ({
  codec: Schema.toCodecJson(schema),
  jsonSchema: { ...effectJsonSchema(schema) },
})
