import type { ContentTexts } from "../../words/Content.ts"
import type { Judge, JudgeCall } from "../../words/Judge.ts"
import { inPieces } from "./inPieces.ts"
import { judgementOf, type PolicyScore } from "./JudgeSettings.ts"
import type { ServiceSettings } from "./ServiceSettings.ts"

/** What a service makes of one text. */
export type AskText = (
  text: string,
  call: JudgeCall & { readonly isResponse: boolean; readonly prompt: string | undefined },
) => Promise<ReadonlyArray<PolicyScore>>

export interface ServiceJudge {
  readonly name: string
  readonly options: ServiceSettings
  /** UTF-16 units that the service takes at once, where nobody says otherwise. */
  readonly pieceCharacters: number
  /** What is told of an empty text, which no service is asked about. */
  readonly policies: ReadonlyArray<string>
  readonly ask: AskText
}

/** A judge that asks a service: of an exchange the answer is judged, of a prompt alone the prompt. */
export const makeServiceJudge = ({ ask, name, options, pieceCharacters, policies }: ServiceJudge): Judge => ({
  name,
  judge: async ({ prompt, response }: ContentTexts, call: JudgeCall) => {
    const text = response ?? prompt ?? ""
    const isResponse = response !== undefined
    const most = options.pieceCharacters ?? pieceCharacters
    if (text.trim() === "")
      return judgementOf(
        policies.map((policy) => ({ policy, score: 0 })),
        options,
      )
    return await inPieces(text, most, options, (piece) => ask(piece, { ...call, isResponse, prompt }))
  },
})
