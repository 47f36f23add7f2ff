/**
 * What traces cost while a model writes: `npx pnpm@12 bench --traces [--size 2b] [--sites N] [--width 16384] [--rounds N]`, or
 * with the embedded model and its own autoencoders `npx pnpm@12 bench --traces --size embedded [--rounds N]`.
 * The same text in turn without a trace, with one site's features, and with those of all; what the first trace waits for,
 * and what memory does, stand beside.
 */
import { readFile } from "node:fs/promises"
import { Facet, type GenerateOptions, type SiteName } from "@facet/sdk"
import { randomModel } from "./peers/randomModel.ts"
import { shapes, type Size, sizes } from "./peers/shapes.ts"
import { randomScope } from "./randomScope.ts"
import { inTurn, type Timing } from "./timing.ts"
import { folderFlag } from "./folderFlag.ts"
import { readFlags } from "./readFlags.ts"

const tokens = 48

export async function benchTraces(words: ReadonlyArray<string>): Promise<void> {
  const { values } = readFlags(
    {
      command: "npx pnpm@12 bench --traces",
      about: "What traces cost while a model of random weights writes, or the embedded one with its own autoencoders.",
      flags: {
        traces: { type: "boolean", about: "this benchmark" },
        size: { type: "string", default: "2b", value: "S", of: [embedded, ...sizes], about: "whose shape" },
        sites: { type: "string", value: "N", about: "layers that are traced at once (default all)" },
        width: { type: "string", default: "16384", value: "N", about: "features of an autoencoder" },
        rounds: { type: "string", default: "5", value: "N", about: "rounds, in turn" },
        folder: folderFlag,
      },
    },
    words,
  )
  if (values.size === embedded) {
    await using facet = await Facet.open({ cacheBytes: 0 })
    const sites = (await facet.inspectAll("A", { topK: 1 })).map(({ layer, site }) => ({ layer, site }))
    return await print(facet, "the embedded model", sites, Number(values.rounds))
  }
  const size = sizes.find((known) => known === values.size)
  if (size === undefined) throw new Error("a size that was checked is none")
  await using facet = await openWithScope(values.folder, size, Number(values.width))
  const sites = Array.from({ length: Number(values.sites ?? layersOf(size)) }, (_, layer) => ({ layer }))
  await print(facet, shapes[size].title, sites, Number(values.rounds))
}

const embedded = "embedded"

const layersOf = (size: Size): number => Number(shapes[size].config["num_hidden_layers"])

async function openWithScope(folder: string, size: Size, width: number): Promise<Facet> {
  const model = await randomModel(folder, size, shapes[size].widestBlock)
  const facts = { layers: layersOf(size), model: Number(shapes[size].config["hidden_size"]), width }
  return Facet.open({ model, scope: await randomScope(folder, facts), cacheBytes: 0 })
}

type Target = { readonly layer: number; readonly site?: SiteName }

async function print(facet: Facet, title: string, all: ReadonlyArray<Target>, rounds: number): Promise<void> {
  const [first, middle] = [all[0], all[Math.floor(all.length / 2)]]
  if (first === undefined || middle === undefined) throw new Error("there is no site to trace")
  const write = async (round: number, trace: GenerateOptions["trace"]): Promise<number> => {
    const { timings } = await facet.generate(`Story ${round}. The fox walked along the river.`, {
      template: "none",
      maxTokens: tokens,
      logitBias: { 1: -100, 107: -100 },
      trace,
    })
    return 1000 / timings.tokensPerSecond
  }
  const before = memory()
  const firstAt = performance.now()
  await write(-1, [first])
  const opening = performance.now() - firstAt
  await write(-2, all)
  const opened = memory()
  const cost = await inTurn(rounds, {
    plain: (round) => write(round, false),
    one: (round) => write(round, [middle]),
    all: (round) => write(round, all),
  })
  const after = memory()
  const row = (name: string, { median, min }: Timing): string =>
    `| ${name} | ${min.toFixed(1)} / ${median.toFixed(1)} | ${percent(min / cost.plain.min)} / ${percent(median / cost.plain.median)} |`
  console.log(
    [
      `${title}, ${tokens} tokens, ${rounds} rounds; load ${(await readFile("/proc/loadavg", "utf8").catch(() => "?")).trim()}\n`,
      "| best / median | ms/token | more than without |",
      "| --- | ---: | ---: |",
      row("no trace", cost.plain),
      row("features of one site", cost.one),
      row(`features of ${all.length} sites`, cost.all),
      "",
      `The first traced text took ${(opening / 1000).toFixed(1)} s, its autoencoder's opening included.`,
      `Memory (RSS): ${before} MB before the first trace, ${opened} with all autoencoders open, ${after} after ${2 * rounds} more traced texts.`,
    ].join("\n"),
  )
}

const memory = (): string => (process.memoryUsage().rss / 1e6).toFixed(0)
const percent = (ratio: number): string => `${((ratio - 1) * 100).toFixed(1)} %`
