/** `trtllm-serve` of TensorRT-LLM. It refuses fields that it does not know, and tells the likeliest tokens alone. */
import { generateByOpenAi } from "../generating/generateByOpenAi.ts"
import { completionAnswers, countByCompletion } from "../judging/completionAnswers.ts"
import { describeByModels } from "./describeByModels.ts"
import type { Kind } from "./Kind.ts"
import { modelServer } from "./modelServer.ts"

export const tensorrtLlm: Kind = {
  answersAs: ({ owners = [] }) => owners.includes("tensorrt_llm"),
  open: (endpoint, remote) =>
    modelServer(endpoint, remote, {
      kind: "tensorrt-llm",
      describe: describeByModels,
      generate: generateByOpenAi({
        sampling: { topK: "top_k", minP: "min_p", repetitionPenalty: "repetition_penalty" },
      }),
      answers: [completionAnswers],
      count: countByCompletion,
      // Its issue 4595.
      warn: async () => [
        "TensorRT-LLM may leave out the soft-caps of a Gemma 2: compare its probabilities with another engine's.",
      ],
    }),
}
