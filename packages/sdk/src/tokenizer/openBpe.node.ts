import { PreTrainedTokenizer } from "@huggingface/transformers"
import type { JsonObject } from "../files/ModelFiles.ts"
import type { BytePairEncoding } from "./BytePairEncoding.ts"

/** The BPE of `@huggingface/transformers`. */
export const openBpe = (json: JsonObject): BytePairEncoding => new PreTrainedTokenizer(json, {})._tokenizer
