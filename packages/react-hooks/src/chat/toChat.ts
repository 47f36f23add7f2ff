import { type ChatMessage, holdsBack, verdictsOf } from "@facet/sdk/words"
import type { FacetUIMessage } from "./FacetUIMessage.ts"
import { answerTurns } from "./answerTurns.ts"
import { textOf } from "./textOf.ts"

/**
 * The chat that a model is asked, out of the messages on the screen. A question that the guard did not let in is left
 * out together with its answer, which has no words: it would be judged again with each later one, and end the
 * conversation for good.
 *
 * @throws InvalidRequestError for files: Gemma 2 reads text only
 */
export async function toChat(
  messages: ReadonlyArray<FacetUIMessage>,
  system: string | undefined,
): Promise<ReadonlyArray<ChatMessage>> {
  const chat: Array<ChatMessage> = system === undefined || system === "" ? [] : [{ role: "system", content: system }]
  for (const [index, message] of messages.entries()) {
    await refuseFiles(message, index)
    if (isBlockedQuestion(message, messages[index + 1])) continue
    if (message.role === "assistant") chat.push(...answerTurns(message))
    else chat.push({ role: message.role, content: contentOf(message) })
  }
  return chat
}

/** Texts of a user's message are joined by a line break. */
const contentOf = ({ parts }: FacetUIMessage): string =>
  parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n")

const isBlockedQuestion = (message: FacetUIMessage, answer: FacetUIMessage | undefined): boolean =>
  message.role === "user" &&
  answer?.role === "assistant" &&
  verdictsOf(answer).some(({ of, verdict }) => of === "input" && holdsBack(verdict)) &&
  textOf(answer) === ""

async function refuseFiles({ parts }: FacetUIMessage, index: number): Promise<void> {
  const file = parts.find((part) => part.type === "file")
  if (file === undefined) return
  const { InvalidRequestError } = await import("@facet/sdk")
  throw new InvalidRequestError({
    option: `messages[${index}].parts`,
    problem: `there is a file (${file.mediaType})`,
    remedy: "Send text only: Gemma 2 reads nothing else",
  })
}
