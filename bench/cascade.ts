/**
 * What a cascade saves, and what it loses: `npx pnpm@12 bench:cascade`. A probe learns from the guard what it says of prompts of one
 * hand, and both judge those of another, which neither has seen: how many the guard is asked of, what is found of that which it
 * finds alone, and the time of both. Then a story is written without a guard, behind one, and behind a cascade.
 */
import { readFile } from "node:fs/promises"
import { cpus } from "node:os"
import { Facet, type Policy, type Verdict } from "@facet/sdk"
import { cascadeAtSize } from "./cascadeAtSize.ts"
import { inTurn, millisecondsOf, timingOf } from "./timing.ts"
import { readFlags } from "./readFlags.ts"

const { refuse, values } = readFlags({
  command: "npx pnpm@12 bench:cascade",
  about:
    "What a cascade of a probe and the guard saves, and what it loses. With --model and --shield: what it saves at their size.",
  flags: {
    model: { type: "string", value: "FOLDER", about: "a text model, with --shield" },
    shield: { type: "string", value: "FOLDER", about: "a guard, with --model" },
    tokens: { type: "string", default: "160", value: "N", about: "the most tokens of a text, of the two" },
    escalated: {
      type: "string",
      default: "0.1",
      value: "N",
      about: "the share that the guard is asked of, of the two",
    },
    policies: {
      type: "string",
      default: "dangerous_content,harassment,hate_speech,sexually_explicit",
      value: "LIST",
      about: "ids of policies, of the two",
    },
    rounds: { type: "string", default: "2", value: "N", about: "rounds, of the two" },
  },
})
if ((values.model === undefined) !== (values.shield === undefined)) refuse("--model and --shield go together.")
if (values.model !== undefined && values.shield !== undefined) {
  await cascadeAtSize({
    model: values.model,
    shield: values.shield,
    tokens: Number(values.tokens),
    escalated: Number(values.escalated),
    policies: values.policies.split(","),
    rounds: Number(values.rounds),
  })
  process.exit()
}

interface Prompt {
  readonly text: string
  readonly isHarmful: boolean
}

const folder = new URL("../packages/tiny/recipe/facet_tiny/data/guard/prompts/", import.meta.url)

async function promptsOf(name: string): Promise<ReadonlyArray<Prompt>> {
  // The files are ours.
  const { prompts } = JSON.parse(await readFile(new URL(`${name}.json`, folder), "utf8")) as {
    readonly prompts: ReadonlyArray<{ readonly text: string; readonly violates: ReadonlyArray<string> }>
  }
  return prompts.map(({ text, violates }) => ({ text, isHarmful: violates.length > 0 }))
}

const print = (line = "") => void process.stdout.write(`${line}\n`)
const share = (part: number, whole: number) => (whole === 0 ? "-" : ((100 * part) / whole).toFixed(1))

/** The 95 % interval of a share, in percent. Source: Wilson (1927). */
function interval(part: number, whole: number): string {
  if (whole === 0) return "-"
  const z = 1.96
  const p = part / whole
  const middle = (p + z ** 2 / (2 * whole)) / (1 + z ** 2 / whole)
  const reach = (z * Math.sqrt((p * (1 - p)) / whole + z ** 2 / (4 * whole ** 2))) / (1 + z ** 2 / whole)
  return `${share(Math.max(0, middle - reach), 1)} to ${share(Math.min(1, middle + reach), 1)}`
}

await using facet = await Facet.open()
print(`${cpus()[0]?.model ?? "an unknown processor"}, ${cpus().length} cores; ${facet.model}`)

interface Judged {
  readonly verdict: Verdict
  readonly milliseconds: number
}

async function judgeAll(
  prompts: ReadonlyArray<Prompt>,
  options: Parameters<Facet["shield"]>[1],
): Promise<ReadonlyArray<Judged>> {
  const judged: Array<Judged> = []
  for (const [i, { text }] of prompts.entries()) {
    // No prefix of a text that was judged before is there: each is judged as if it were the first.
    const startedAt = performance.now()
    const verdict = await facet.shield(text, { ...options, cacheSalt: `${i}` })
    judged.push({ verdict, milliseconds: performance.now() - startedAt })
  }
  return judged
}

/** What the guard says of a set, which is asked once. */
const known = new Map<string, ReadonlyArray<Judged>>()

async function judgedAlone(name: string, prompts: ReadonlyArray<Prompt>): Promise<ReadonlyArray<Judged>> {
  const judged = known.get(name) ?? (await judgeAll(prompts, {}))
  known.set(name, judged)
  return judged
}

const probabilityOf = ({ policies: [policy] }: Verdict): number => policy?.probability ?? NaN

/** What the probe reads in the very passes that run a prompt. */
async function readAlong(prompts: ReadonlyArray<Prompt>, probe: Policy): Promise<ReadonlyArray<number>> {
  const probabilities: Array<number> = []
  for (const [i, { text }] of prompts.entries()) {
    const guard = { cascade: { probes: [probe], release: 1 }, output: false }
    const { verdicts } = await facet.generate(text, { maxTokens: 1, cacheSalt: `along ${i}`, guard })
    const [said] = verdicts.input?.policies ?? []
    // What reaches the last threshold is the guard's to say: it is asked in any case.
    probabilities.push(verdicts.input?.stage === "probe" ? (said?.probability ?? NaN) : 1)
  }
  return probabilities
}

async function compare(
  of: "guard" | "text",
  names: ReadonlyArray<string>,
  other: string,
  frame: "raw" | "chat" | "shield",
): Promise<Policy> {
  const [taught, unseen] = [(await Promise.all(names.map(promptsOf))).flat(), await promptsOf(other)]
  const probe = await facet.distilPolicy([...new Set(taught.map(({ text }) => text))], { activations: of, frame })
  const alone = await judgedAlone(other, unseen)
  const probed = await judgeAll(unseen, { policies: [probe] })
  const harmful = unseen.flatMap(({ isHarmful }, i) => (isHarmful ? [i] : []))
  const found = harmful.filter((i) => alone[i]?.verdict.flagged)
  const [guardTime, probeTime] = [alone, probed].map(
    (all) => timingOf(all.map(({ milliseconds }) => milliseconds)).median,
  )
  print()
  const along = of === "text" ? await readAlong(unseen, probe) : undefined
  print(
    `Activations of the ${of === "text" ? "model that writes" : "guard"}, ${frame}; learnt from ${taught.length} prompts (${names.join(", ")}),`,
  )
  print(
    `judged ${unseen.length} (${other}), ${harmful.length} of them harmful, of which the guard alone finds ${found.length}.`,
  )
  print(`One prompt takes the guard ${guardTime?.toFixed(1)} ms and the probe ${probeTime?.toFixed(1)} ms (medians).`)
  print()
  print(
    "| release below | guard asked, % | kept of what the guard finds, % | 95 % | time of the guard's, % | in the passes: asked, % | kept, % |",
  )
  print("| --- | --- | --- | --- | --- | --- | --- |")
  for (const release of [0.01, 0.02, 0.05, 0.1, 0.2, 0.4]) {
    const isAsked = (i: number) => !(probabilityOf(probed[i]!.verdict) < release)
    const asked = unseen.filter((_, i) => isAsked(i)).length / unseen.length
    const kept = found.filter(isAsked).length
    const time = asked + (probeTime ?? NaN) / (guardTime ?? NaN)
    const cells = [release, share(asked, 1), share(kept, found.length), interval(kept, found.length), share(time, 1)]
    const isAskedAlong = (i: number) => !((along?.[i] ?? NaN) < release)
    const askedAlong = unseen.filter((_, i) => isAskedAlong(i)).length / unseen.length
    const passes = [share(askedAlong, 1), share(found.filter(isAskedAlong).length, found.length)]
    print(`| ${[...cells, ...(along === undefined ? ["-", "-"] : passes)].join(" | ")} |`)
  }
  print()
  compareDecisions({ unseen, alone, probed, probeShare: (probeTime ?? NaN) / (guardTime ?? NaN) })
  if (along !== undefined)
    print(`\nTo keep 95 % of it, in the passes, the guard is asked of ${askedToKeep(0.95, found, along)} %.`)
  return probe
}

/** What both decide, measured on the labels of those who wrote the prompts: a cascade may block at once, too. */
function compareDecisions({ alone, probed, probeShare, unseen }: Decisions): void {
  const rates = (isFlagged: (i: number) => boolean) =>
    [true, false].map((harmful) => {
      const rows = unseen.flatMap(({ isHarmful }, i) => (isHarmful === harmful ? [i] : []))
      return share(rows.filter(isFlagged).length, rows.length)
    })
  const isFound = (i: number) => alone[i]?.verdict.flagged === true
  print(
    "| release below | block from | guard asked, % | recall, % | flagged of the harmless, % | time of the guard's, % |",
  )
  print("| --- | --- | --- | --- | --- | --- |")
  print(`| - | - | 100.0 | ${rates(isFound).join(" | ")} | 100.0 |`)
  for (const [release, block] of [
    [0.05, 0.99],
    [0.1, 0.97],
    [0.1, 0.9],
    [0.2, 0.9],
    [0.2, 0.8],
  ] as const) {
    const said = (i: number) => probabilityOf(probed[i]!.verdict)
    const isAsked = (i: number) => !(said(i) < release) && !(said(i) >= block)
    const asked = unseen.filter((_, i) => isAsked(i)).length / unseen.length
    const told = rates((i) => said(i) >= block || (isAsked(i) && isFound(i)))
    print(`| ${[release, block, share(asked, 1), ...told, share(asked + probeShare, 1)].join(" | ")} |`)
  }
}

interface Decisions {
  readonly unseen: ReadonlyArray<Prompt>
  readonly alone: ReadonlyArray<Judged>
  readonly probed: ReadonlyArray<Judged>
  /** What the probe takes of the guard's time. */
  readonly probeShare: number
}

/** How many are asked of, in percent, if the threshold is as high as it may be for that. */
function askedToKeep(kept: number, found: ReadonlyArray<number>, probabilities: ReadonlyArray<number>): string {
  const ordered = found.map((i) => probabilities[i] ?? NaN).toSorted((a, b) => a - b)
  const release = ordered[Math.floor((1 - kept) * ordered.length)] ?? 0
  return share(probabilities.filter((one) => one >= release).length, probabilities.length)
}

for (const frame of ["raw", "shield"] as const) {
  await compare("guard", ["development", "plain"], "hand", frame)
  await compare("guard", ["development", "hand"], "plain", frame)
}
await compare("text", ["development", "plain"], "hand", "raw")
await compare("text", ["development", "plain"], "hand", "chat")
await compare("text", ["development", "hand"], "plain", "raw")
const probe = await compare("text", ["development", "hand"], "plain", "chat")

const story = "Tell me a story about a fox."
let turn = 0
const write = (guard?: Parameters<Facet["generate"]>[1]) => () =>
  millisecondsOf(() => facet.generate(story, { maxTokens: 120, cacheSalt: `story ${turn++}`, ...guard }))
const timings = await inTurn(10, {
  unguarded: write(),
  "four policies": write({ guard: true }),
  "a cascade that asks no guard": write({ guard: { cascade: { probes: [probe], release: 1 } } }),
})
print()
print("| a story of 120 tokens | best, ms | median, ms |")
print("| --- | --- | --- |")
for (const [name, { median, min }] of Object.entries(timings))
  print(`| ${name} | ${min.toFixed(0)} | ${median.toFixed(0)} |`)
