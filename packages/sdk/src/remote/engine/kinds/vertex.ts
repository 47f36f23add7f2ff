/** An endpoint of Vertex AI: OpenAI's API below the endpoint's own address, for chats alone. */
import { generateByOpenAi } from "../generating/generateByOpenAi.ts"
import { servedModel } from "./describeByModels.ts"
import type { Kind } from "./Kind.ts"
import { modelServer } from "./modelServer.ts"

/** It has no list of models, and no route that would tell: its addresses do. */
export const isVertexUrl = (url: string): boolean =>
  /\.(?:prediction\.vertexai\.goog|aiplatform\.googleapis\.com)$/.test(new URL(url).hostname)

export const vertex: Kind = {
  answersAs: ({ url }) => isVertexUrl(url),
  open: (endpoint, remote) =>
    modelServer(endpoint, remote, {
      kind: "vertex",
      // An endpoint has one model, whatever a request names.
      describe: (_, wanted) => Promise.resolve(servedModel(wanted ?? "", undefined)),
      generate: generateByOpenAi({ chatPath: "/chat/completions" }),
      // Not known to tell log-probabilities of a raw prompt, and nobody guesses.
      answers: [],
    }),
}
