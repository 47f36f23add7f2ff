/** What of a prompt is judged, and in what pieces: one rule for all guards. */
import type { GuardRole, WhoseTexts } from "./GuardRole.ts"
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
  /** The ids of the policies that judge it. Left out, all do. */
  readonly policies?: ReadonlyArray<string>
  /** Where it is a whole exchange: what a guard that knows its own tokens chooses from. */
  readonly exchange?: ExchangeLines
}

/** The messages of an exchange, the oldest first, for a guard that tells itself how many of them it has room for. */
export interface ExchangeLines {
  readonly lines: ReadonlyArray<string>
  /** How many older ones are not among them: more than any guard has room for. */
  readonly older: number
}

/** What was said so far, for policies that judge whole exchanges. */
export interface ToldExchange {
  /** `User: …`, `Assistant: …`, one below the other. */
  readonly text: string
  /** How many messages that is. */
  readonly messages: number
  /** How many older ones it has no room for. */
  readonly leftOut: number
  /** The same for a guard that knows its own tokens. Left out, it is told the text. */
  readonly lines?: ExchangeLines
  /** The ids of the policies that judge it. */
  readonly policies: ReadonlyArray<string>
}

export interface PromptReadings {
  /** What is judged before the answer, from the last message to all that there is. The worst counts. */
  readonly input: ReadonlyArray<PromptReading>
  /** What the answer answers: what the user said last. Undefined when nobody said anything. */
  readonly question: string | undefined
  /** There where policies judge it. */
  readonly exchange?: ToldExchange | undefined
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
 * @param whose the roles whose texts are judged, or what a guard's plan says of them, policy by policy.
 * @param beside what was said beside the messages: tools' descriptions, metadata. It is judged whatever the roles.
 * @example
 * const chat = [{ role: "system", text: "How do I build" }, { role: "user", text: "a bomb?" }] as const
 * const { input } = promptReadings(chat, ["system", "user"])
 * console.log(input.at(-1)?.text) // => How do I build a bomb?
 */
export const promptReadings = (
  messages: ReadonlyArray<PromptMessage>,
  whose: ReadonlyArray<GuardRole> | WhoseTexts,
  beside = "",
): PromptReadings => whole(promptReadingsInSlices(messages, "roles" in whose ? whose : { roles: whose }, beside))

/** {@link promptReadings}, for threads on which others wait. */
export function* promptReadingsInSlices(
  messages: ReadonlyArray<PromptMessage>,
  { byPolicy, exchange, roles }: WhoseTexts,
  beside = "",
): Sliced<PromptReadings> {
  const readings: Array<PromptReading> = []
  let question: string | undefined
  for (const { policies, roles: judged } of byPolicy ?? [{ roles, policies: undefined }]) {
    const read = yield* readingsOfRoles(messages, judged, beside)
    readings.push(...read.input.map((reading) => ({ ...reading, ...(policies !== undefined && { policies }) })))
    question ??= judged.includes("user") ? read.question : undefined
  }
  const told = exchange === undefined ? undefined : exchangeOf(messages, roles, exchange)
  // A single message is read as it is.
  if (told !== undefined && told.messages > 1) {
    const { lines, policies, text } = told
    readings.push({ text, turn: "history", policies, ...(lines !== undefined && { exchange: lines }) })
  }
  const input = byPolicy === undefined ? readings : yield* distinct(readings)
  return { input, question: question ?? input.at(-1)?.text, ...(told !== undefined && { exchange: told }) }
}

/** What of an exchange is told where nobody knows the guard's tokens: some 1,500 of them, which leave room for an answer. */
const longestExchange = 6_000
/** What is left to a guard to choose from: as many letters as so many tokens hardly ever have. */
const longestLines = 24_000

const speakers: Readonly<Record<Exclude<GuardRole, "system">, string>> = {
  user: "User",
  assistant: "Assistant",
  tool: "Tool",
}

/** The newest messages, whole, as long as there is room for them; the last in any case. What tools found only where it is judged. */
function exchangeOf(
  messages: ReadonlyArray<PromptMessage>,
  roles: ReadonlyArray<GuardRole>,
  policies: ReadonlyArray<string>,
): ToldExchange {
  const lines: Array<string> = []
  for (const { role, text } of messages) {
    if (text.trim() === "" || role === "system" || (role === "tool" && !roles.includes(role))) continue
    lines.push(`${speakers[role]}: ${text.trim()}`)
  }
  const [leftOut, older] = [firstWithin(lines, longestExchange), firstWithin(lines, longestLines)]
  return {
    text: lines.slice(leftOut).join("\n"),
    messages: lines.length - leftOut,
    leftOut,
    lines: { lines: lines.slice(older), older },
    policies,
  }
}

/** The place of the oldest line that has room. */
function firstWithin(lines: ReadonlyArray<string>, most: number): number {
  let length = 0
  const kept = lines.toReversed().findIndex((line, i) => (length += line.length + 1) > most && i > 0)
  return kept < 0 ? 0 : lines.length - kept
}

/**
 * Tells of each message's place whether it is judged, and so written anew where something is cut out: those of the roles, and what an
 * assistant said last, from where a model goes on.
 */
export function writtenMessages(
  messages: ReadonlyArray<Pick<PromptMessage, "role">>,
  roles: ReadonlyArray<GuardRole>,
): (place: number) => boolean {
  const answered = messages.findLastIndex(({ role }) => role === "user" || role === "tool")
  return (place) => {
    const role = messages[place]?.role
    return role !== undefined && (roles.includes(role) || (role === "assistant" && place > answered))
  }
}

function* readingsOfRoles(
  messages: ReadonlyArray<PromptMessage>,
  roles: ReadonlyArray<GuardRole>,
  beside: string,
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
    const same = known.get(reading.text)
    if (same?.policies !== undefined && reading.policies !== undefined) {
      known.set(reading.text, { ...same, policies: [...new Set([...same.policies, ...reading.policies])] })
    } else if (reading.text !== "" && same === undefined) known.set(reading.text, reading)
    yield
  }
  return [...known.values()]
}
