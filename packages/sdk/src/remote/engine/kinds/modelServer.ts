/** A server that writes by one route and judges by log-probabilities: what most kinds are, each with a table of its own. */
import { invalidRequest } from "../../../words/Errors.ts"
import type { EnginePart } from "../../../words/Generation.ts"
import type { RemoteModel, ServerKind } from "../../../words/RemoteModel.ts"
import type { GenerateRequest } from "../../../words/Request.ts"
import { checkGuard } from "../checking/checkGuard.ts"
import { checkSoftCap } from "../checking/checkSoftCap.ts"
import { checkWriter } from "../checking/checkWriter.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import { withRoom } from "../generating/withRoom.ts"
import type { AnswerRoute } from "../judging/AnswerRoute.ts"
import { judgeByAnswers } from "../judging/judgeByAnswers.ts"
import type { ServedModel, Server } from "../Server.ts"
import { findVocabulary, type TokenAsking, type TokenRoutes, type Vocabulary } from "../Vocabulary.ts"

/** What a kind of server has, and what it can honour. */
export interface ServerTable {
  readonly kind: ServerKind
  /** @throws InvalidRequestError where there is no such model, or several and none was named */
  readonly describe: (endpoint: Endpoint, wanted: string | undefined, signal: AbortSignal) => Promise<ServedModel>
  /** @throws InvalidRequestError that names what the server cannot honour */
  readonly generate: (
    endpoint: Endpoint,
    model: ServedModel,
    request: GenerateRequest,
    signal: AbortSignal,
  ) => AsyncIterable<EnginePart>
  /** Routes that tell what a guard answers; the next is asked where one is missing, or leaves a verdict open. */
  readonly answers: ReadonlyArray<AnswerRoute>
  /** Left out: texts are sent as they are, and their sizes are known in bytes alone. */
  readonly tokens?: TokenRoutes
  /** Whether it ends texts without a chat after a few tokens, unless it is told how many there may be. */
  readonly cutsRawTexts?: boolean
  /** How many tokens the server reads of a text that a guard is asked by; undefined where it does not tell. */
  readonly count?: (asking: TokenAsking, text: string) => Promise<number | undefined>
  /** Log-probabilities of the token after a prompt: of these ids, of the likeliest, or both. */
  readonly logprobs?: (
    asking: TokenAsking,
    prompt: ReadonlyArray<number>,
    ids: ReadonlyArray<number>,
  ) => Promise<ReadonlyArray<number>>
  /** What of the server's own settings speaks against its use, in sentences. */
  readonly warn?: (endpoint: Endpoint, signal: AbortSignal) => Promise<ReadonlyArray<string>>
}

export function modelServer(endpoint: Endpoint, { model: wanted, window }: RemoteModel, table: ServerTable): Server {
  let served: ServedModel | undefined
  const describe = async (signal: AbortSignal) => (served ??= await table.describe(endpoint, wanted, signal))
  let vocabulary: { readonly found: Vocabulary | undefined } | undefined
  const routes = new Set(table.answers)
  const using = async (signal: AbortSignal) => {
    const model = await describe(signal)
    vocabulary ??= { found: await findVocabulary(table.tokens, { endpoint, model: model.name, signal }) }
    return { endpoint, model, vocabulary: vocabulary.found, signal }
  }
  const judging = async (signal: AbortSignal) => ({ ...(await using(signal)), routes, window })
  return {
    kind: table.kind,
    url: endpoint.url,
    describe,
    async *generate(request, signal) {
      const model = await describe(signal)
      const isCut = table.cutsRawTexts === true && request.template === "none" && request.maxTokens === undefined
      const asked = isCut ? await withRoom(await using(signal), request) : request
      yield* table.generate(endpoint, model, asked, signal)
    },
    ...(table.answers.length > 0 && {
      judge: async (request, signal) => judgeByAnswers(await judging(signal), request),
    }),
    check: async (use, signal) => {
      if (use === "guard" && table.answers.length === 0) throw judgesNot(table.kind)
      const own = (await table.warn?.(endpoint, signal)) ?? []
      const found =
        use === "guard" ? await checkGuard(await judging(signal), table.count) : await checkWriter(await using(signal))
      return [...own, ...found, ...(await checkSoftCap(await using(signal), table.logprobs))]
    },
  }
}

const judgesNot = (kind: ServerKind) =>
  invalidRequest(
    "shield.kind",
    `a server of the kind ${kind} tells no log-probabilities of what is said without a chat's template`,
    "Run the guard on vLLM, SGLang, llama.cpp's server or facet serve.",
  )
