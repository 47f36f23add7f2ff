/** `npx pnpm@12 bench --peers`: see `readOptions.ts` for what it takes. */
import { mkdir, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { checkMemory } from "./checkMemory.ts"
import { compare, type Failure, type Figures, note } from "./compare.ts"
import { costsOf } from "./floors.ts"
import { ggufModel } from "./ggufModel.ts"
import { onnxModel } from "./onnxModel.ts"
import { probe } from "./probe.ts"
import { processor } from "./processor.ts"
import { randomModel } from "./randomModel.ts"
import { help, type PeerOptions, readOptions } from "./readOptions.ts"
import { type Circumstances, markdownOf, type Report, reportOf } from "./Report.ts"
import { memoryRow, openRow, works } from "./rows.ts"
import { shapes } from "./shapes.ts"
import { type RunningSide, startSide } from "./startSide.ts"
import { TaskMaker } from "./TaskMaker.ts"
import type { Opening, SideName } from "./Task.ts"

const here = fileURLToPath(new URL("../..", import.meta.url))
const startedAt = performance.now()
const progress = (line: string): void => {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  process.stderr.write(`${seconds.padStart(4)} s  ${line}\n`)
}

/** @returns the exit code */
export async function runPeers(words: ReadonlyArray<string>): Promise<0 | 1 | 2> {
  if (words.includes("--help")) {
    process.stdout.write(help)
    return 0
  }
  const options = understood(words)
  if (options === undefined) return 2
  try {
    await print(await measured(options, await makeModels(options)), options.json)
    return 0
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return 1
  }
}

async function print(report: Report, json: string | undefined): Promise<void> {
  if (json !== undefined) {
    await mkdir(dirname(json), { recursive: true })
    await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
  }
  process.stdout.write(markdownOf(report))
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function understood(words: ReadonlyArray<string>): PeerOptions | undefined {
  try {
    return readOptions(words)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${help}`)
    return undefined
  }
}

/** Where the models are. */
interface Models {
  readonly folder: string
  readonly guard: string | undefined
}

async function measured(options: PeerOptions, models: Models): Promise<Report> {
  const { folder, guard } = models
  progress("what the machine can do")
  const speeds = await probe(options.threads, options.clock)
  const maker = await TaskMaker.open(folder)
  const all = works(options.contexts)
  const costs = await costsOf(folder)
  const judges = guard !== undefined
  const opening = openings(options, models)
  checkMemory(costs.weightBytes, opening.size, process.availableMemory())
  const leftOut: Array<Failure> = []
  if (!judges) leftOut.push({ what: "four policies", problem: "a ShieldGemma is a Gemma 2; this shape is not" })
  const isOnWall = options.clock === "wall"
  if (!isOnWall) leftOut.push({ what: "event-loop lag", problem: "it is the wall's time that an event loop waits" })
  const figures: Figures = new Map()
  const deadline = performance.now() + options.minutes * 60_000
  // A quarter of the time at most, once the system's cache of files is full and one round is measured.
  await measureOpening(opening, { figures, maker, until: performance.now() + options.minutes * 15_000 })
  const sides = [...opening.keys()].map(startSide)
  try {
    const described = await warmUp(sides, opening, maker)
    leftOut.push(
      ...(await compare(sides, figures, {
        works: all.filter((work) => (judges || work.judges !== true) && (isOnWall || work.lag !== true)),
        rounds: options.rounds,
        deadline,
        maker,
        report: progress,
      })),
    )
    const circumstances: Circumstances = {
      date: new Date().toISOString().slice(0, 10),
      processor: await processor(),
      node: process.versions.node,
      model: `random weights of ${shapes[options.size].title}`,
      options,
      speeds,
      sides: described,
    }
    const rows = [...all.flatMap((work) => work.rows), openRow, memoryRow]
    return reportOf(circumstances, { rows, figures, costs }, leftOut)
  } finally {
    for (const side of sides) await side.end()
  }
}

type Openings = ReadonlyMap<SideName, Opening>

function openings(options: PeerOptions, { folder, guard }: Models): Openings {
  const { against, clock, contexts, prefill, shareWeights, sides, threads } = options
  // Room for a conversation, for what is judged, and for what is written.
  const context = Math.max(1024, ...contexts) + 256
  const ofSide = (checkout: string): Opening => ({ folder, threads, context, guard, tunes: true, clock, checkout })
  const all = new Map<SideName, Opening>(sides.map((name) => [name, { ...ofSide(here), prefill, shareWeights }]))
  if (against !== undefined) all.set("facet (other checkout)", ofSide(against))
  return all
}

/** Opens all; what is compiled and set up on first use is not measured. */
async function warmUp(sides: ReadonlyArray<RunningSide>, opening: Openings, maker: TaskMaker) {
  const described: Record<string, Awaited<ReturnType<RunningSide["describe"]>>> = {}
  for (const side of sides) {
    const own = opening.get(side.name)
    if (own === undefined) continue
    progress(`opening ${side.name}`)
    await side.open(own)
    await side.measure(maker.read(1, 257, 8))
    described[side.name] = await side.describe()
  }
  return described
}

async function makeModels({ block, folder: root, size }: PeerOptions): Promise<Models> {
  progress(`models of ${shapes[size].title} in ${root}`)
  const folder = await randomModel(root, size, block)
  progress("the same for llama.cpp")
  await ggufModel(folder)
  progress("the same for transformers.js")
  await onnxModel(folder)
  // A ShieldGemma is a Gemma 2.
  const judges = shapes[size].config["model_type"] === "gemma2"
  if (judges) progress("the same as a guard")
  return { folder, guard: judges ? await randomModel(root, size, block, "int8") : undefined }
}

const mostOpenings = 4

/** Each side in a fresh process, in turn; the first time fills the system's cache of files and is not counted. */
async function measureOpening(
  opening: Openings,
  { figures, maker, until }: { readonly figures: Figures; readonly maker: TaskMaker; readonly until: number },
): Promise<void> {
  for (let round = 0; round < 2 || (round < mostOpenings && performance.now() < until); round++) {
    for (const [name, own] of opening) {
      progress(`opening ${name}, time ${round + 1}`)
      const side = startSide(name)
      try {
        const opened = await side.open({ ...own, guard: undefined, tunes: false })
        const once = await side.measure(maker.read(round + 1, 33, 16))
        if (round > 0) note(figures, [openRow], { side: name, round }, opened)
        note(figures, [memoryRow], { side: name, round }, once)
      } finally {
        await side.end()
      }
    }
  }
}
