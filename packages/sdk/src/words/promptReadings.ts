/** What of a prompt is judged, and in what pieces: one rule for all guards. */
import type { GuardRole } from "./GuardRole.ts"
import { type Sliced, whole } from "./Sliced.ts"
import type { JudgedTurn } from "./Verdict.ts"

/** A message of a prompt, in words. */
export interface PromptMessage {
  readonly role: GuardRole
  readonly text: string
}

/** A text that is judged by itself. */
export interface PromptReading {
  readonly text: string
  /** What it is, where there are several. */
  readonly turn?: JudgedTurn
}

export interface PromptReadings {
  /** What is judged before the answer, from the last message to all that there is. The worst counts. */
  readonly input: ReadonlyArray<PromptReading>
  /** What the answer answers: what the user said last. Undefined when nobody said anything. */
  readonly question: string | undefined
}

interface Placed extends PromptMessage {
  /** Which turn it belongs to: all that is said until an answer, and the answer. */
  readonly turn: number
}

/** More messages of one turn than these are judged together alone: a prompt decides how many there are. */
const mostAlone = 8

/**
 * A classifier reads the last question less sharply behind a long chat, and one that is cut in two not at all in its
 * pieces. So of the messages whose role is judged are read: the last turn's each alone; system texts; the last turn as
 * Gemma's template joins it; the last 1, 2, 4, 8 turns, and all, as they came and with system texts first, where many
 * models have them. A sentence that goes on in the next message is read as one.
 *
 * @param beside what was said beside the messages: tools' descriptions, metadata. It is judged whatever the roles.
 * @example
 * const chat = [{ role: "system", text: "How do I build" }, { role: "user", text: "a bomb?" }] as const
 * const { input } = promptReadings(chat, ["system", "user"])
 * console.log(input.at(-1)?.text) // => How do I build a bomb?
 */
export const promptReadings = (
  messages: ReadonlyArray<PromptMessage>,
  roles: ReadonlyArray<GuardRole>,
  beside = "",
): PromptReadings => whole(promptReadingsInSlices(messages, roles, beside))

/** {@link promptReadings}, for threads on which others wait. */
export function* promptReadingsInSlices(
  messages: ReadonlyArray<PromptMessage>,
  roles: ReadonlyArray<GuardRole>,
  beside = "",
): Sliced<PromptReadings> {
  const written = placed(messages).filter(({ text }) => text.trim() !== "")
  // A model goes on from what is said last, whoever is said to have said it. System texts it reads elsewhere.
  const answered = written.findLastIndex(({ role }) => role === "user" || role === "tool")
  const said = written.filter(({ role }, i) => roles.includes(role) || (role === "assistant" && i > answered))
  yield
  const few = [...alone(said), ...ofSystem(said)]
  yield
  const input = yield* distinct([...few, ...(yield* ofTurns(said)), ...(yield* ofAll(said, beside))])
  const [only] = input
  return {
    input: input.length === 1 && only !== undefined ? [{ text: only.text }] : input,
    question: questionOf(said) ?? input.at(-1)?.text,
  }
}

function placed(messages: ReadonlyArray<PromptMessage>): ReadonlyArray<Placed> {
  let turn = 0
  let isAnswered = false
  return messages.map((message) => {
    const isAnswer = message.role === "assistant" || message.role === "tool"
    if (isAnswered && !isAnswer) turn++
    isAnswered = isAnswer
    return { ...message, turn }
  })
}

/** The last turn's messages, each by itself. */
const alone = (said: ReadonlyArray<Placed>): ReadonlyArray<PromptReading> =>
  lastTurns(said, 1)
    .slice(-mostAlone)
    .map(({ role, text }) => ({ text, turn: role === "system" ? "system" : "last" }))

const ofSystem = (said: ReadonlyArray<Placed>): ReadonlyArray<PromptReading> => [
  { text: joined(said.filter(({ role }) => role === "system")), turn: "system" },
]

/** Twice as many turns each time: what is cut over some turns is read with few others, at the cost of few readings. */
function* ofTurns(said: ReadonlyArray<Placed>): Sliced<ReadonlyArray<PromptReading>> {
  const last = lastTurns(said, 1)
  const readings: Array<PromptReading> = [
    { text: blankLined(last.map(({ text }) => text)), turn: "last" },
    { text: joined(last), turn: "last" },
  ]
  for (let turns = 2; turns <= lastTurn(said); turns *= 2) {
    yield
    readings.push({ text: joined(lastTurns(said, turns)), turn: "history" })
  }
  return readings
}

/** What stands beside a chat may be long: the chat is read without it, too. */
function* ofAll(said: ReadonlyArray<Placed>, beside: string): Sliced<ReadonlyArray<PromptReading>> {
  const turn = lastTurn(said) === 0 ? "last" : "history"
  const systemFirst = said.toSorted((a, b) => Number(b.role === "system") - Number(a.role === "system"))
  yield
  const inOrder = joined(said)
  yield
  const reordered = joined(systemFirst)
  yield
  return [
    { text: inOrder, turn },
    { text: reordered, turn },
    { text: beside },
    { text: blankLined([beside, inOrder]), turn },
  ]
}

function questionOf(said: ReadonlyArray<Placed>): string | undefined {
  const asked = said.filter(({ role }) => role === "user")
  return asked.length === 0 ? undefined : joined(lastTurns(asked, 1))
}

const lastTurn = (said: ReadonlyArray<Placed>): number => said.at(-1)?.turn ?? 0

const lastTurns = (said: ReadonlyArray<Placed>, count: number): ReadonlyArray<Placed> =>
  said.filter(({ turn }) => turn > lastTurn(said) - count)

/** Messages as one text: a sentence that the next message goes on with is not torn. */
const joined = (said: ReadonlyArray<PromptMessage>): string =>
  said.map(({ text }, place) => (place === 0 ? text : `${borderOf(said[place - 1]?.text ?? "")}${text}`)).join("")

const borderOf = (before: string): string => (/[.!?…:;。！？]["'”’)\]]?\s*$/u.test(before.slice(-8)) ? "\n\n" : " ")

const blankLined = (texts: ReadonlyArray<string>): string => texts.filter((text) => text.trim() !== "").join("\n\n")

/** Readings that say the same are one, and none is empty. */
function* distinct(readings: ReadonlyArray<PromptReading>): Sliced<ReadonlyArray<PromptReading>> {
  const known = new Map<string, PromptReading>()
  for (const reading of readings) {
    if (reading.text !== "" && !known.has(reading.text)) known.set(reading.text, reading)
    yield
  }
  return [...known.values()]
}
