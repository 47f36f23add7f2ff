/**
 * How well a model decides, and what that costs: `npx pnpm@12 bench:decisions [--model M]`. Questions whose answers are known,
 * about short texts of our own: how many are answered rightly, how far the probabilities are from that, whether the order of
 * options changes an answer; and the tokens that each kind of question takes.
 */
import { type Answer, Facet, type LabelledExample, type Question, type Questions } from "@facet/sdk"
import tasks from "./texts/decisions.json" with { type: "json" }
import { readFlags } from "./readFlags.ts"

const { values } = readFlags({
  command: "npx pnpm@12 bench:decisions",
  about: "How well a model decides, and what that costs, on questions whose answers are known.",
  flags: { model: { type: "string", value: "M", about: "the model that is measured, instead of the embedded one" } },
})

interface Task {
  readonly name: string
  readonly question: Question
  readonly examples: ReadonlyArray<readonly [state: string, label: string | boolean | number]>
}

await using facet = await Facet.open(values.model === undefined ? {} : { model: values.model })
const print = (line = "") => void process.stdout.write(`${line}\n`)

/** Of so many texts a question the options are put in all orders: that takes most of the time. */
const turned = 3

/** Every order of a list. */
const ordersOf = <A>(list: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  list.length < 2
    ? [list]
    : list.flatMap((first, i) => ordersOf(list.filter((_, j) => j !== i)).map((rest) => [first, ...rest]))

function isRight(answer: Answer | undefined, label: string | boolean | number): boolean {
  switch (answer?.type) {
    case undefined:
      return false
    case "boolean":
      return answer.probability >= 0.5 === label
    case "choice":
      return answer.choice === label
    case "score":
      return Math.round(answer.score) === label
  }
}

/** Texts to which some order of the options gives another answer than another one. */
async function countFlips(state: string, question: Question): Promise<number> {
  if (question.type !== "choice" || !Array.isArray(question.criteria)) return 0
  const names: ReadonlyArray<string> = question.criteria
  const asked: Questions = Object.fromEntries(
    ordersOf(names).map((criteria, i) => [`order ${i}`, { ...question, criteria }]),
  )
  const { answers } = await facet.decide(state, asked)
  const choices = Object.values(answers).map((answer) => (answer.type === "choice" ? answer.choice : ""))
  return new Set(choices).size > 1 ? 1 : 0
}

print(`${facet.model} on ${facet.device.name}`)
print()
print("| question | options | texts | right | always the commonest | error | calibrated | flips |")
print("| --- | --- | --- | --- | --- | --- | --- | --- |")
// The document is ours.
for (const { examples, name, question } of tasks as unknown as ReadonlyArray<Task>) {
  let right = 0
  let flips = 0
  for (const [i, [state, label]] of examples.entries()) {
    const { answers } = await facet.decide(state, { q: question })
    if (isRight(answers["q"], label)) right++
    if (i < turned) flips += await countFlips(state, question)
  }
  const labelled = examples.map(([state, label]) => ({ state, answers: { q: label } }))
  const { reports } = await facet.calibrate({ q: question }, labelled as ReadonlyArray<LabelledExample<Questions>>)
  const ece = reports["q"]?.ece ?? { before: NaN, after: NaN }
  const labels = examples.map(([, label]) => label)
  const options = new Set(labels).size
  // Whoever always says the commonest answer is right so often.
  const commonest = Math.max(...labels.map((label) => labels.filter((other) => other === label).length))
  const percent = (share: number) => `${Math.round(100 * share)} %`
  const cells = [
    percent(right / examples.length),
    percent(commonest / examples.length),
    ece.before.toFixed(2),
    ece.after.toFixed(2),
  ]
  const shown = question.type === "choice" ? String(flips) : ""
  print(`| ${[name, options, examples.length, ...cells, shown].join(" | ")} |`)
}

const text = "I was charged twice for the same order and want my money back. ".repeat(16)
const teams =
  "billing delivery account bug sales press legal security hardware training travel events partners research design support finance quality privacy returns jobs abuse network storage mobile gifts".split(
    " ",
  )
const choice = (count: number): Question => ({
  type: "choice",
  instructions: "Which team?",
  criteria: teams.slice(0, count),
})
const kinds: ReadonlyArray<readonly [name: string, questions: Questions]> = [
  ["one boolean", { q: { type: "boolean", instructions: "Is it urgent?" } }],
  [
    "ten booleans",
    Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`q${i}`, { type: "boolean", instructions: `Is it case ${i}?` } as const]),
    ),
  ],
  ["a score of three levels", { q: { type: "score", instructions: "How urgent?", criteria: ["no", "soon", "now"] } }],
  ...[2, 4, 8, 26].map((count) => [`a choice of ${count}`, { q: choice(count) }] as const),
]
print()
print("| asked of a text | tokens run | tokens from the cache | again, of another text |")
print("| --- | --- | --- | --- |")
for (const [i, [name, questions]] of kinds.entries()) {
  const cacheSalt = String(i)
  const { tokens } = await facet.decide(text, questions, { cacheSalt })
  const again = await facet.decide(`Hello. ${text}`, questions, { cacheSalt })
  print(`| ${[name, tokens.judged, tokens.cached, again.tokens.judged].join(" | ")} |`)
}
