/** A server that speaks OpenAI's API, whatever stands behind it. */
import { generateByOpenAi } from "../generating/generateByOpenAi.ts"
import { completionAnswers, countByCompletion } from "../judging/completionAnswers.ts"
import { describeByModels } from "./describeByModels.ts"
import type { Kind } from "./Kind.ts"
import { modelServer } from "./modelServer.ts"

export const openai: Kind = {
  answersAs: ({ owners }) => owners !== undefined,
  open: (endpoint, remote) =>
    modelServer(endpoint, remote, {
      kind: "openai",
      describe: describeByModels,
      generate: generateByOpenAi(),
      answers: [completionAnswers],
      count: countByCompletion,
    }),
}
