/**
 * Whether the words that a verdict is said to hang on are those: `npx pnpm@12 bench:explain [--set hand] [--every 4]`. Each
 * text that the embedded guard flags is judged again without the named span, and without random ones of as many words.
 */
import { readFile } from "node:fs/promises"
import { Facet } from "@facet/sdk"
import { readFlags } from "./readFlags.ts"

const { values } = readFlags({
  command: "npx pnpm@12 bench:explain",
  about: "Whether the words that a verdict is said to hang on are those, by the embedded guard.",
  flags: {
    set: {
      type: "string",
      multiple: true,
      value: "NAME",
      of: ["hand", "plain"],
      about: "which prompts (default both)",
    },
    every: { type: "string", value: "N", about: "one of so many prompts is judged (default 1)" },
  },
})
const folder = "packages/tiny/recipe/facet_tiny/data/guard/prompts"
/** One of so many prompts is judged. */
const every = Number(values.every ?? 1)
/** Random spans for each that is named. */
const draws = 2

interface Prompts {
  readonly prompts: ReadonlyArray<{ readonly text: string }>
}

/** Seeded, so that the same spans are drawn again (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

const wordsOf = (text: string) =>
  Array.from(new Intl.Segmenter("en", { granularity: "word" }).segment(text))
    .filter(({ isWordLike }) => isWordLike === true)
    .map(({ index, segment }) => ({ start: index, end: index + segment.length }))

const hidden = (text: string, start: number, end: number) => `${text.slice(0, start)}…${text.slice(end)}`

await using facet = await Facet.open({ threads: 1 })
const probability = async (text: string, policy: string) =>
  (await facet.shield(text, { policies: [policy] })).policies[0]!.probability

console.log("set          flagged  named below  random below  words in span  of text  cost in verdicts: mean  most")
for (const set of values.set ?? ["hand", "plain"]) {
  const { prompts } = JSON.parse(await readFile(`${folder}/${set}.json`, "utf8")) as Prompts
  const random = makeRandom(1)
  const count = { flagged: 0, named: 0, random: 0, drawn: 0, span: 0, words: 0 }
  const costs: Array<number> = []
  for (const { text } of prompts.filter((_, i) => i % every === 0)) {
    // A salt of its own: nothing is cached, and what is run is what the verdict costs.
    const verdict = await facet.shield(text, { explain: true, cacheSalt: `${set} ${text}` })
    if (!verdict.flagged) continue
    const flagged = verdict.policies.filter((policy) => policy.flagged)
    costs.push(flagged.reduce((sum, { reason }) => sum + (reason?.tokens.judged ?? 0), 0) / verdict.tokens.judged)
    const words = wordsOf(text)
    for (const { policy, reason, threshold } of flagged) {
      count.flagged++
      count.words += words.length
      if (reason === undefined) continue
      const size = words.filter(({ end, start }) => start >= reason.start && end <= reason.end).length
      count.span += size
      const named = await probability(hidden(text, reason.start, reason.end), policy)
      if (named < threshold) count.named++
      for (let draw = 0; draw < draws; draw++) {
        const from = Math.floor(random() * (words.length - size + 1))
        const other = await probability(hidden(text, words[from]!.start, words[from + size - 1]!.end), policy)
        count.drawn++
        if (other < threshold) count.random++
      }
    }
  }
  const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`
  const mean = (sum: number) => (sum / count.flagged).toFixed(1)
  const cells = [
    set.padEnd(11),
    String(count.flagged).padStart(9),
    share(count.named, count.flagged).padStart(13),
    share(count.random, count.drawn).padStart(14),
    mean(count.span).padStart(15),
    mean(count.words).padStart(9),
    (costs.reduce((sum, cost) => sum + cost, 0) / costs.length).toFixed(2).padStart(25),
    Math.max(...costs)
      .toFixed(2)
      .padStart(6),
  ]
  console.log(cells.join(""))
}
