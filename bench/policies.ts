/**
 * What policies that were trained on examples are worth, and what they cost: `npx pnpm@12 bench:policies`. The prompts that were
 * written by hand to measure the embedded guard, which no model was taught: 400 to train on, 160 held out. Each training asks the
 * guideline of each of its examples, which is nearly all the time: what would begin after `--seconds N` (240) is left out and
 * named.
 */
import { readFile } from "node:fs/promises"
import { Facet, type Policy, type PolicyExample } from "@facet/sdk"
import { curveOf, rankingFigures } from "@facet/sdk/words"
import { readFlags } from "./readFlags.ts"

const folder = new URL("../packages/tiny/recipe/facet_tiny/data/guard/prompts/", import.meta.url)
const guideline =
  '"No Harm": The prompt shall not contain or seek generation of content that harms, insults or arouses people.'
const heldOutShare = 160 / 560

async function read(name: string): Promise<ReadonlyArray<PolicyExample>> {
  const {
    prompts,
  }: { readonly prompts: ReadonlyArray<{ readonly text: string; readonly violates: ReadonlyArray<string> }> } =
    JSON.parse(await readFile(new URL(`${name}.json`, folder), "utf8"))
  return prompts.map(({ text, violates }) => ({ text, label: violates.length > 0 ? 1 : 0 }))
}

/** Every third or fourth of either label is held out: the sets go from subject to subject. */
function split(all: ReadonlyArray<PolicyExample>, share: number) {
  const parts = { held: new Array<PolicyExample>(), rest: new Array<PolicyExample>() }
  for (const label of [0, 1]) {
    for (const [i, example] of all.filter((each) => each.label === label).entries()) {
      const isHeld = Math.floor((i + 1) * share) > Math.floor(i * share)
      parts[isHeld ? "held" : "rest"].push(example)
    }
  }
  return parts
}

const { values } = readFlags({
  command: "npx pnpm@12 bench:policies",
  about: "What policies that were trained on examples are worth, and what they cost.",
  flags: { seconds: { type: "string", default: "240", value: "N", about: "no training begins later" } },
})
const isOver = () => performance.now() > 1000 * Number(values.seconds)
const print = (line: string) => void process.stdout.write(`${line}\n`)
const { held, rest } = split([...(await read("hand")), ...(await read("plain"))], heldOutShare)
await using facet = await Facet.open()

/** How well held-out texts are ranked, and milliseconds a text. */
async function measure(name: string, policies: ReadonlyArray<Policy> | undefined): Promise<void> {
  const rows = []
  let spent = 0
  for (const { label, text } of held) {
    const start = performance.now()
    const verdict = await facet.shield(text, policies === undefined ? {} : { policies })
    spent += performance.now() - start
    rows.push({ label, probability: Math.max(...verdict.policies.map(({ probability }) => probability)) })
  }
  const { auPrc, auRoc } = rankingFigures(curveOf(rows))
  print(`${name}: AUROC ${auRoc.toFixed(3)}, AU-PRC ${auPrc.toFixed(3)}, ${(spent / held.length).toFixed(1)} ms a text`)
}

print(`${rest.length} to train on, ${held.length} held out`)
await measure("the full shield", undefined)
for (const activations of ["guard", "text"] as const) {
  for (const count of [80, 400]) {
    if (isOver()) {
      print(`left out after ${values.seconds} s: ${activations}, ${count} labels`)
      continue
    }
    const start = performance.now()
    const some = count >= rest.length ? rest : split(rest, count / rest.length).held
    const policy = await facet.trainPolicy(some, { guideline, activations })
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const { candidates = [], method } = policy.training ?? {}
    const told = candidates.map((each) => `${each.method} ${each.layer ?? ""} ${each.auPrc.toFixed(3)}`).join(", ")
    await measure(`${activations}, ${some.length} labels, ${method} (${told}), trained in ${seconds} s`, [policy])
    if (policy.probe === undefined) continue
    const { guideline: _, ...probe } = policy.probe
    await measure(`  its probe alone, layer ${probe.layer}`, [{ ...policy, probe }])
  }
}
