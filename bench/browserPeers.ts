/**
 * Facet beside wllama and transformers.js in one Chromium, on wasm: `npx pnpm@12 bench:browser --peers
 * [--size tiny|270m] [--rounds N] [--threads N] [--folder DIR]`. Each has a page of its own; they are measured in turn, on the
 * same random weights and the same tokens.
 */
import { cp, mkdtemp, rm, symlink } from "node:fs/promises"
import { createRequire } from "node:module"
import { availableParallelism, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "vite"
import { openBrowser } from "../test/browser/page.ts"
import { serveSite } from "../test/browser/site.ts"
import { ggufModel } from "./peers/ggufModel.ts"
import { onnxModel } from "./peers/onnxModel.ts"
import { processor } from "./peers/processor.ts"
import { randomModel } from "./peers/randomModel.ts"
import { shapes, type Size } from "./peers/shapes.ts"
import { TaskMaker } from "./peers/TaskMaker.ts"
import type { ContenderName, PeersPage } from "./peersPage/main.ts"
import type { Pace } from "./peersPage/Contender.ts"
import { timingOf } from "./timing.ts"
import { folderFlag } from "./folderFlag.ts"
import { readFlags } from "./readFlags.ts"

const sizes = ["tiny", "270m"] as const satisfies ReadonlyArray<Size>
const contenders: ReadonlyArray<ContenderName> = ["facet", "wllama", "transformers.js"]
const lengths = [33, 257]
const written = 24

export async function benchBrowserPeers(words: ReadonlyArray<string>): Promise<void> {
  const { values } = readFlags(
    {
      command: "npx pnpm@12 bench:browser --peers",
      about: "Facet beside wllama and transformers.js in one Chromium, on wasm, with the same random weights.",
      flags: {
        peers: { type: "boolean", about: "this benchmark" },
        size: { type: "string", default: "270m", value: "S", of: sizes, about: "whose shape" },
        rounds: { type: "string", default: "3", value: "N", about: "rounds, in turn" },
        threads: {
          type: "string",
          default: String(availableParallelism()),
          value: "N",
          about: "threads of every side",
        },
        folder: folderFlag,
      },
    },
    words,
  )
  const size = sizes.find((known) => known === values.size)
  if (size === undefined) throw new Error("a size that was checked is none")
  const [rounds, threads] = [Number(values.rounds), Number(values.threads)]
  const model = await randomModel(values.folder, size, shapes[size].widestBlock)
  await ggufModel(model)
  await onnxModel(model, "browser")
  const maker = await TaskMaker.open(model)
  const built = await buildPage(model)
  try {
    await using site = await serveSite(built)
    await using browser = await openBrowser({ optimises: true })
    const paces = new Map<string, Array<Pace>>()
    const sides: Array<{ readonly name: ContenderName; readonly read: PeersPage["read"]; readonly told: string }> = []
    for (const name of contenders) {
      const { page } = await browser.openPage()
      await page.goto(`${site.url}/`)
      await page.waitForFunction("globalThis.peers !== undefined")
      const call = (what: keyof PeersPage, ...args: ReadonlyArray<unknown>) =>
        page.evaluate(`peers.${what}(...${JSON.stringify(args)})`)
      const opened = (await call("open", name, {
        folder: `${site.url}/model`,
        runtime: `${site.url}/ort/`,
        threads,
      })) as Awaited<ReturnType<PeersPage["open"]>>
      const read: PeersPage["read"] = (...args) => call("read", ...args) as Promise<Pace>
      sides.push({ name, read, told: `${name}: ${opened.settings}; opened in ${opened.ms.toFixed(0)} ms` })
    }
    // The first round compiles, and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const length of lengths) {
        const { prompt } = maker.read(round * 100 + length, length, written)
        for (const { name, read } of sides) {
          const pace = await read(prompt, written)
          const key = `${name} ${length}`
          if (round > 0) paces.set(key, [...(paces.get(key) ?? []), pace])
        }
      }
    }
    const { cores, instructions, name: chip } = await processor()
    console.log(
      `${chip}, ${cores} cores, ${instructions.join(", ")}; random weights of ${shapes[size].title}; ${rounds} rounds\n`,
    )
    for (const { told } of sides) console.log(`- ${told}`)
    console.log(`\n| best / median | unit | ${sides.map(({ name }) => name).join(" | ")} |`)
    console.log(`| --- | --- | ${sides.map(() => "---:").join(" | ")} |`)
    for (const length of lengths) {
      for (const [what, unit, of] of figures) {
        const cells = sides.map(({ name }) => {
          const { median, min } = timingOf((paces.get(`${name} ${length}`) ?? []).map(of))
          return `${min.toPrecision(3)} / ${median.toPrecision(3)}`
        })
        console.log(`| ${what} ${length} | ${unit} | ${cells.join(" | ")} |`)
      }
    }
  } finally {
    await rm(built, { recursive: true, force: true })
  }
}

const figures: ReadonlyArray<readonly [string, string, (pace: Pace) => number]> = [
  ["decode, context", "ms/token", ({ tokenMs }) => tokenMs],
  ["prefill", "ms", ({ firstMs }) => firstMs],
]

/** The page, ONNX Runtime's files for transformers.js, and the model, in one folder. */
async function buildPage(model: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facet-bench-"))
  const root = fileURLToPath(new URL("peersPage", import.meta.url))
  await build({
    root,
    base: "./",
    logLevel: "error",
    worker: { format: "es" },
    build: { outDir: folder, emptyOutDir: true, target: "esnext" },
  })
  // Those of the version that transformers.js was built with.
  const own = createRequire(createRequire(import.meta.url).resolve("@huggingface/transformers"))
  await cp(dirname(own.resolve("onnxruntime-web")), join(folder, "ort"), {
    recursive: true,
    filter: (path) => !path.endsWith(".map"),
  })
  await symlink(model, join(folder, "model"))
  return folder
}
