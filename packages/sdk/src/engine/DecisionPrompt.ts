/**
 * How questions about a text are put to a model that chats, and in which orders.
 *
 * A model prefers some letters and some places to others, whatever stands there: on small ones that decides more answers
 * than the text does. A preference for a letter adds the same to the logit of whatever bears it, so that it falls out of
 * the mean over passes in which each option bears each letter once.
 */
import type { AskedQuestion } from "../words/readQuestions.ts"

/** One way to ask a question. */
export interface Pass {
  /** What stands after the text. */
  readonly question: string
  /** Words that may be answered, each of which must be one token. */
  readonly labels: ReadonlyArray<string>
  /** The option that each label stands for, as its place in the question. */
  readonly order: ReadonlyArray<number>
}

/**
 * A choice is asked in so many orders at most: with more options each bears as many letters, far apart, and not all. What
 * more orders would cost grows with the square of the options.
 */
const mostOrders = 4

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("")

/** What all questions about a text begin with: it is run once for all of them. */
export const beginning = (state: string): string =>
  `Read the text, and then answer the question about it.\n\nText:\n${state.trim()}\n\n`

/** The passes whose logits, averaged, are a question's. */
export function passesOf(question: AskedQuestion): ReadonlyArray<Pass> {
  switch (question.type) {
    case "boolean":
      return [yesOrNo(question)]
    case "choice":
      return choiceOrders(question.options).map((order) => lettered(question, order))
    case "score":
      return scaleOrders(question.options.length).map((order) => lettered(question, order))
  }
}

/** Without instructions, what is asked follows from the criteria. */
const otherwise: Readonly<Record<AskedQuestion["type"], string>> = {
  boolean: "Which of the two is true of the text?",
  choice: "Which of these fits the text best?",
  score: "How would you rate the text?",
}

const asked = ({ instructions, type }: AskedQuestion): string => `Question: ${instructions ?? otherwise[type]}\n`

function yesOrNo(question: AskedQuestion): Pass {
  const labels = ["Yes", "No"]
  const criteria = question.options.map((words, i) => (words === "" ? "" : `${labels[i]}: ${words}\n`))
  return { question: `${asked(question)}${criteria.join("")}Answer with Yes or No.`, labels, order: [0, 1] }
}

function lettered(question: AskedQuestion, order: ReadonlyArray<number>): Pass {
  const labels = letters.slice(0, order.length)
  const lines = order.map((option, i) => `${labels[i]}: ${question.options[option]}\n`)
  return { question: `${asked(question)}${lines.join("")}Answer with one letter.`, labels, order }
}

/**
 * Rotations of an order of the options' own, which is not the one that they came in: that one cannot matter, then.
 */
function choiceOrders(options: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<number>> {
  const count = options.length
  const own = Array.from(options, (text, place) => ({ place, text }))
    .toSorted((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ place }) => place)
  const orders = Math.min(count, mostOrders)
  return Array.from({ length: orders }, (_, i) => {
    const start = Math.floor((i * count) / orders)
    return [...own.slice(start), ...own.slice(0, start)]
  })
}

/** Up and down: a scale that is turned round gives the same answer, turned round. */
function scaleOrders(count: number): ReadonlyArray<ReadonlyArray<number>> {
  const up = Array.from({ length: count }, (_, i) => i)
  return [up, up.toReversed()]
}
