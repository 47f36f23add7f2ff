import type { ServerKind } from "../../../words/RemoteModel.ts"
import { facet } from "./facet.ts"
import type { Kind } from "./Kind.ts"
import { llamaCpp } from "./llamaCpp.ts"
import { nim } from "./nim.ts"
import { ollama } from "./ollama.ts"
import { openai } from "./openai.ts"
import { sglang } from "./sglang.ts"
import { tensorrtLlm } from "./tensorrtLlm.ts"
import { tgi } from "./tgi.ts"
import { vertex } from "./vertex.ts"
import { vllm } from "./vllm.ts"

/** In the order in which a server is asked: what nearly all speak comes last. */
export const kinds: Readonly<Record<ServerKind, Kind>> = {
  vertex,
  "llama.cpp": llamaCpp,
  vllm,
  sglang,
  "tensorrt-llm": tensorrtLlm,
  facet,
  ollama,
  tgi,
  nim,
  openai,
}
