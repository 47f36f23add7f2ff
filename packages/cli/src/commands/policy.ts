/** `facet policy`: policies of one's own, out of examples. */
import { readFile } from "node:fs/promises"
import { type Policy, policyCard, readPolicyFile, readTrainingExamples, writePolicyFile } from "@facet/sdk/words"
import { bar } from "../bar.ts"
import { defineCommand } from "../Command.ts"
import type { Console } from "../Console.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { clearLine, openFacet } from "../Opening.ts"
import { checkWritable } from "../checkWritable.ts"
import { jsonOption, modelOption, type Values } from "../Options.ts"
import { readExamplesFile, readTextsFile } from "../policy/LabelledRows.ts"
import { trainingTable } from "../policy/trainingTable.ts"
import { UsageError } from "../UsageError.ts"
import { writeWhole } from "../writeWhole.ts"

const options = {
  guideline: { kind: "text", value: "TEXT", about: "what a text must not do, in words (train)" },
  responseGuideline: {
    kind: "text",
    value: "TEXT",
    about: "the same for what a chatbot answered (default: --guideline)",
  },
  out: { kind: "text", value: "FILE", about: "where the policy, or its card, is written" },
  id: { kind: "text", value: "ID", about: "of the policy (default: own, or distilled)" },
  harm: { kind: "text", value: "NAME", about: "of the harm, for people (default: the id)" },
  activations: {
    kind: "text",
    value: "guard|text",
    about: "whose activations a probe reads (default: guard; text where the guard is distilled)",
  },
  frame: {
    kind: "text",
    value: "raw|chat|shield",
    about: "what stands around the examples (default: chat for --activations text, else shield)",
  },
  judge: { kind: "text", value: "prompt|response", about: "what the examples are (default: prompt)" },
  layer: {
    kind: "list",
    value: "N",
    about: "a layer that a probe may read; several are allowed (default: those that fit best)",
  },
  maxFalsePositiveRate: {
    kind: "number",
    value: "X",
    about: "the threshold flags at most this share of harmless texts",
  },
  minRecall: { kind: "number", value: "X", about: "the threshold flags at least this share of violations" },
  policies: {
    kind: "list",
    flag: "policy",
    value: "ID",
    about: "by which the guard labels texts (distil; default: its four)",
  },
  ...modelOption,
  shield: { kind: "text", value: "M", about: "the model that judges (default: the one that belongs to --model)" },
  ...deviceOptions,
  ...jsonOption,
} as const

type Given = Values<typeof options>
type Work = (console: Console, file: string, given: Given) => Promise<void>

export const policy = defineCommand(
  {
    name: "policy",
    operand: "ACTION FILE",
    takes: "names",
    summary: "train a policy on examples, distil the guard into a probe, print a policy's card",
    options,
    examples: [
      [
        `policy train rows.jsonl --guideline "No refunds are promised." --out refunds.json`,
        `rows are { "text": "…", "label": 0 }`,
      ],
      [
        `policy train rows.jsonl --guideline "…" --out p.json --max-false-positive-rate 0.05`,
        "with the threshold that does so",
      ],
      [`policy distil texts.jsonl --policy harassment --out quick.json`, "a probe that says what the guard says"],
      [`policy card refunds.json`, "a model card in Markdown"],
      [`shield "You get your money back!" --policy-file refunds.json`, "judge by it"],
    ],
  },
  async (console, action, given, [file = ""]) => {
    const actions: Readonly<Record<string, Work>> = { train, distil, card }
    const work = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (work === undefined) throw new UsageError(`policy takes ${Object.keys(actions).join(", ")}, not "${action}"`)
    await work(console, file, given)
    return 0
  },
)

const train: Work = async (console, file, given) => {
  const { guideline, judge, out, policies, responseGuideline } = given
  if (guideline === undefined) throw new UsageError("--guideline is missing: what a text must not do, in words.")
  if (out === undefined) throw new UsageError("--out is missing: the file that the policy is written to.")
  if (policies !== undefined) throw new UsageError("--policy says by what `policy distil` labels texts: leave it out.")
  await checkWritable("--out", out)
  const { placed, rows } = await readExamplesFile(file)
  // What is wrong with the rows is told before a model is fetched for them.
  try {
    readTrainingExamples(rows, given)
  } catch (error) {
    throw placed(error)
  }
  await using facet = await open(console, given)
  const trained = await showing(console, (onProgress) =>
    facet.trainPolicy(rows, {
      ...training(given),
      guideline,
      responseGuideline,
      // What it is, the SDK checks.
      judge: judge as "prompt" | "response" | undefined,
      onProgress,
      signal: console.signal,
    }),
  ).catch((error: unknown) => {
    throw placed(error)
  })
  await tell(console, trained, out, given)
}

const distil: Work = async (console, file, given) => {
  const { guideline, judge, out, policies, responseGuideline } = given
  for (const [name, value] of Object.entries({ guideline, judge, "response-guideline": responseGuideline })) {
    if (value !== undefined) throw new UsageError(`--${name} belongs to \`policy train\`: leave it out.`)
  }
  if (out === undefined) throw new UsageError("--out is missing: the file that the policy is written to.")
  await checkWritable("--out", out)
  const { placed, rows } = await readTextsFile(file)
  await using facet = await open(console, given)
  const ids = policies?.flatMap((list) => list.split(",")).map((id) => id.trim())
  const trained = await showing(console, (onProgress) =>
    facet.distilPolicy(rows, { ...training(given), policies: ids, onProgress, signal: console.signal }),
  ).catch((error: unknown) => {
    throw placed(error)
  })
  await tell(console, trained, out, given)
}

const card: Work = async ({ out: screen }, file, { out, ...given }) => {
  const [name] = Object.keys(given)
  if (name !== undefined) throw new UsageError("`policy card` takes a file, and --out.")
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new UsageError(`${file} cannot be read (${cause.message})`)
  })
  const cards = (await readPolicyFile(text, file)).map(policyCard).join("\n")
  if (out === undefined) await screen.write(cards)
  else await writeWhole(out, cards)
}

const open = (console: Console, { device, model, prefill, shield, threads }: Given) =>
  openFacet(console, {
    ...(model !== undefined && { model }),
    ...(shield !== undefined && { shield }),
    ...readDevice({ device, prefill, threads }),
  })

/** What training and distilling share. */
const training = ({ activations, frame, harm, id, layer, maxFalsePositiveRate, minRecall }: Given) => ({
  id,
  harm,
  activations: activations as "guard" | "text" | undefined,
  frame: frame as "raw" | "chat" | "shield" | undefined,
  layers: layer?.flatMap((list) => list.split(",")).map(Number),
  maxFalsePositiveRate,
  minRecall,
})

async function tell({ out: screen }: Console, trained: Policy, out: string, { json }: Given): Promise<void> {
  await writeWhole(out, writePolicyFile([trained]))
  const { id, threshold, training: told } = trained
  if (json === true) await screen.writeLine(JSON.stringify({ policy: id, file: out, threshold, ...told }))
  else for (const line of trainingTable(trained, out)) await screen.writeLine(line)
}

const barWidth = 20

type OnProgress = (progress: { readonly done: number; readonly total: number }) => void

/** Tells whoever watches how many texts were read. */
async function showing<A>({ err, verbose }: Console, work: (onProgress: OnProgress) => Promise<A>): Promise<A> {
  const isTransient = err.isTerminal && !verbose
  try {
    return await work(({ done, total }) => {
      const line = `${bar(done / total, barWidth).padEnd(barWidth)} ${done} of ${total} texts`
      if (isTransient) void err.write(`${clearLine}${err.paint.dim(line)}`)
      else if (verbose) void err.writeLine(line)
    })
  } finally {
    if (isTransient) await err.write(clearLine)
  }
}
