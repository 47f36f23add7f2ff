/** Contents that are longer than a server's model reads at once. */
import type { JudgeRequest } from "../../../words/Request.ts"
import { judgedPieces, type Piece } from "../../../words/judgedPieces.ts"
import { type ShieldContent, shieldPromptParts } from "../../../words/shieldPromptParts.ts"
import { leastWindow } from "../connection/readRemoteModel.ts"
import { textOfParts } from "../ControlTokens.ts"
import type { ServerJudging } from "./judgeByAnswers.ts"

/** Tokens that may come or go where a text meets the template around it, and the one that is answered. */
const borderTokens = 9

/**
 * A content in pieces that fit, each with its frame.
 *
 * @throws ServerError where a policy's own words fill the context
 */
export async function contentPieces(
  judging: ServerJudging,
  request: Pick<JudgeRequest, "policies" | "prompt" | "response">,
): Promise<ReadonlyArray<ShieldContent>> {
  const { policies, prompt, response } = request
  const { contextLength } = judging.model.description
  const whole = { ...(prompt !== undefined && { prompt }), ...(response !== undefined && { response }) }
  if (!Number.isFinite(contextLength) && judging.window === undefined) return [whole]
  const measure = measureOf(judging)
  const room = contextLength - (await longestFrame(measure, request)) - borderTokens
  if (room < leastWindow) throw tooSmall(judging, policies.length)
  const window = Math.min(room, judging.window ?? room)
  const questions = await measure.read((prompt ?? "").trim())
  const answers = response === undefined ? undefined : await measure.read(response.trim())
  const pieces = judgedPieces({ prompt: questions.length, response: answers?.length, room, window })
  if (pieces === undefined) return [whole]
  const contents: Array<ShieldContent> = []
  for (const piece of pieces) {
    contents.push({
      ...(prompt !== undefined && { prompt: piece.prompt === undefined ? "" : await questions.cut(piece.prompt) }),
      ...(answers !== undefined && piece.response !== undefined && { response: await answers.cut(piece.response) }),
    })
  }
  return contents
}

/** How long texts are: in tokens, where the server tells them; else in bytes, as no token is shorter than one. */
interface Measure {
  readonly read: (text: string) => Promise<MeasuredText>
}

interface MeasuredText {
  readonly length: number
  readonly cut: (piece: Piece) => Promise<string>
}

function measureOf({ endpoint, model, signal, vocabulary }: ServerJudging): Measure {
  if (vocabulary === undefined) return { read: (text) => Promise.resolve(inBytes(text)) }
  const asking = { endpoint, model: model.name, signal }
  return {
    read: async (text) => {
      const ids = text === "" ? [] : await vocabulary.encode(asking, text)
      return {
        length: ids.length,
        cut: ({ end, start }) => vocabulary.decode(asking, ids.slice(start, end)),
      }
    },
  }
}

function inBytes(text: string): MeasuredText {
  const bytes = new TextEncoder().encode(text)
  // What a border cuts in two is whole in the piece beside it.
  const cut = ({ end, start }: Piece) =>
    new TextDecoder().decode(bytes.subarray(start, end)).replace(/^\uFFFD{1,3}|\uFFFD{1,3}$/g, "")
  return { length: bytes.length, cut: (piece) => Promise.resolve(cut(piece)) }
}

async function longestFrame(
  measure: Measure,
  { policies, response }: Pick<JudgeRequest, "policies" | "response">,
): Promise<number> {
  let longest = 0
  for (const policy of policies) {
    const parts = shieldPromptParts({ prompt: "", ...(response !== undefined && { response: "" }), policy })
    const { length } = await measure.read(textOfParts(parts.filter((part) => typeof part === "string")))
    longest = Math.max(longest, length + parts.filter((part) => typeof part !== "string").length)
  }
  return longest
}

const tooSmall = ({ endpoint, model, vocabulary }: ServerJudging, policies: number) => {
  const { contextLength } = model.description
  const unit = vocabulary === undefined ? "tokens, and texts are counted in bytes here," : "tokens"
  return endpoint.error(
    "",
    `its context holds ${contextLength} ${unit} and the words of ${policies === 1 ? "the policy" : "a policy"} alone need as many`,
    "Start it with a larger context (llama.cpp: --ctx-size, vLLM: --max-model-len, Ollama: num_ctx), or shorten the guideline.",
  )
}
