/** Names out of a program's list, and ids: said by no one, and not judged where they are expected. */
import { countWords } from "./Language.ts"

/** A name has no other letters, and is short. */
const shape = /^[\w.:/+-]{1,64}$/
/** More words than this are a sentence that was written like a name. */
const mostWords = 4

/** Fields that hold a name. A value that does not look like one is read. */
const fields = new Set(
  [
    "object type role model event kind name status state format signature thoughtSignature mode method",
    "finish_reason finishReason stop_reason native_finish_reason done_reason service_tier system_fingerprint obfuscation",
    "toolName tool_name mediaType media_type mimeType mime_type contentType content_type encoding detail severity provider",
    "trigger created_at createdAt timestamp encrypted_content code lang language locale inputEncoding user voice effort",
    "reasoning_effort verbosity filename file_name fileName truncation modalities safety_identifier prompt_cache_key",
    "tool_choice include modality category probability version modelVersion size quality background output_format unit",
  ].flatMap((line) => line.split(" ")),
)
const idField = /(^|_)ids?$|I[dD]s?$/

/**
 * Whether a text looks like a name: ASCII, short, unbroken, of a few words. Only where a name is expected is it one.
 *
 * @example
 * console.log(isNameShaped("gpt-4o"), isNameShaped("How_do_I_bake_a_cake")) // => true false
 */
export const isNameShaped = (text: string): boolean => shape.test(text) && countWords(text) <= mostWords

/** Whether a field of this key holds a name, by its own name. */
export const expectsName = (key: string): boolean => fields.has(key) || idField.test(key)
