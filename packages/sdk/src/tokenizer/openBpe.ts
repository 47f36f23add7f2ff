/**
 * The package that `@huggingface/transformers` itself has its tokenizer from. As a whole it would put a second ONNX
 * Runtime of 27 MB beside ours into every page, and a library for images into every process.
 */
import { Tokenizer } from "@huggingface/tokenizers"
import type { JsonObject } from "../files/ModelFiles.ts"
import type { BytePairEncoding } from "./BytePairEncoding.ts"

// Its types do not know what of a file's model they hold: `checkTokenizerFile` found it to be BPE.
export const openBpe = (json: JsonObject): BytePairEncoding => new Tokenizer(json, {}) as unknown as BytePairEncoding
