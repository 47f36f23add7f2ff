/**
 * The examples of README.md, docs/*.md and the public docstrings are checked against the types and run, against the
 * embedded model.
 *
 * An example that imports something is a whole program, and is taken as it stands. Any other is a fragment: it finds
 * an open `facet`, a `runtime` made of `Facet.layer()`, all names of `@facet/sdk`, `@facet/sdk/ai` and `@facet/sdk/judges`, `Console`, `Effect`,
 * `Schema` and `Stream`, and the modules of `effect/ai` that have a layer here.
 * One with a `yield*` stands in an effect that the runtime runs. The fragments of all pages share these two engines.
 * `console.log(value) // => text` must print that text. A block marked `ts no-run` is only checked against the types,
 * for models that are not here.
 */
import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as ai from "../src/effects/ai/index.ts"
import * as judges from "../src/guard/judges/index.ts"
import * as sdk from "../src/index.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))
/** In the workspace's root, so that the examples find all packages by name. */
const scratchPrefix = join(root, ".docs-")
const publicSources = [
  "Facet",
  "effects/generate",
  "effects/runTools",
  "effects/shield",
  "effects/inspect",
  "effects/lens",
  "effects/score",
  "effects/embed",
  "effects/tokens",
  "effects/decide",
  "effects/calibrate",
  "effects/contrast",
  "scope/ContrastVectors",
  "words/Intervention",
  "effects/ai/FacetConfig",
  "effects/ai/facetLanguageModel",
  "effects/ai/facetTokenizer",
  "effects/ai/facetDecisionModel",
  "openOnce",
  "guard/Guard",
  "guard/guardWithJudge",
  "words/Judge",
  "words/Thresholds",
  "guard/judges/openaiModeration",
  "guard/judges/modelArmor",
  "guard/judges/perspective",
  "guard/judges/moderateText",
  "guard/judges/llamaGuard",
  "guard/judges/qwen3Guard",
  "guard/judges/shieldGemma",
  "guard/judges/patterns",
  "guard/judges/wordList",
  "guard/judges/personalData",
  "guard/judges/Ensembles",
  "guard/judges/renamed",
  "guard/PromiseGuard",
  "guard/normaliseForJudging",
  "guard/reading/Names",
  "guard/reading/joinTexts",
  "guard/reading/JsonWords",
  "guard/reading/StreamWords",
  "guard/reading/TextTypes",
  "guard/reading/wordsOfFile",
  "guard/reading/wordsOfJson",
  "guard/reading/wordsOfUrl",
  "words/promptReadings",
  "words/Tool",
  "words/traceToHtml",
  "words/definePolicy",
  "words/PolicyFile",
  "words/policyCard",
  "effects/trainPolicy",
].map((name) => `packages/sdk/src/${name}.ts`)

interface Example {
  /** Where it stands, as `README.md:41`. */
  readonly place: string
  readonly code: string
  readonly runs: boolean
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length

function examplesOfPage(file: string, text: string): ReadonlyArray<Example> {
  return [...text.matchAll(/^```ts( no-run)?\n(.*?)^```$/gms)].map(({ 1: mark, 2: code = "", index }) => ({
    place: `${file}:${lineOf(text, index) + 1}`,
    code,
    runs: mark === undefined,
  }))
}

function examplesOfDocstrings(file: string, text: string): ReadonlyArray<Example> {
  return [...text.matchAll(/^ *\* @example\n(.*?)(?=^ *\*\/|^ *\* @)/gms)].map(({ 1: block = "", index }) => ({
    place: `${file}:${lineOf(text, index) + 1}`,
    code: block.replaceAll(/^ *\* ?/gm, ""),
    runs: true,
  }))
}

const indented = (code: string): string => code.replaceAll(/^(?=.)/gm, "  ")

/** `console.log(value) // => text` becomes a call that compares. */
const withChecks = (code: string, file: string): string =>
  code.replaceAll(
    /^( *)(.*)console\.log\((.*)\) \/\/ => (.*)$/gm,
    (_, space: string, before: string, value: string, text: string) =>
      `${space}${before}expectShown("${file}", [${value}], ${JSON.stringify(text)})`,
  )

const effectModules = [
  "Console",
  "Effect",
  "Schema",
  "Stream",
  ...["Decision", "DecisionModel", "LanguageModel", "Tokenizer"].map((name) => `ai/${name}`),
]

function moduleOf(example: Example): string {
  const { code } = example
  const checked = withChecks(code, fileOf(example))
  if (/^import /m.test(code)) return `import { expectShown } from "./context.ts"\n${checked}\nvoid expectShown\n`
  const names = Object.keys(sdk).join(", ")
  const effect = effectModules.map((path) => `import * as ${basename(path)} from "effect/${path}"\n`).join("")
  const context = `import { expectShown, facet, runtime } from "./context.ts"\n`
  const layers = `import { ${Object.keys(ai).join(", ")} } from "@facet/sdk/ai"\nimport { ${Object.keys(judges).join(", ")} } from "@facet/sdk/judges"\n`
  const head = `${context}import { ${names} } from "@facet/sdk"\n${layers}${effect}`
  const body = code.includes("yield*")
    ? `await runtime.runPromise(Effect.gen(function* () {\n${indented(checked)}}))\n`
    : `await (async () => {\n${indented(checked)}})()\n`
  return `${head}${body}`
}

const contextModule = `
import assert from "node:assert/strict"
import { format } from "node:util"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Facet } from "@facet/sdk"
export const runtime = ManagedRuntime.make(Facet.layer())
export const facet = await Facet.open()
/** How many of the values that an example shows were right. */
export const shown = new Map<string, number>()
export const expectShown = (file: string, values: ReadonlyArray<unknown>, text: string): void => {
  assert.equal(format(...values), text)
  shown.set(file, (shown.get(file) ?? 0) + 1)
}
`

/** What a reader has already, and an example imports. */
const readersModules = {
  "chat.ts": `import type { Handler } from "hono"\nexport const chat: Handler = (c) => c.text("Hello.")\n`,
  "hosted.ts": `import { MockLanguageModelV4 } from "ai/test"\nexport const hosted = new MockLanguageModelV4()\n`,
}

/** Runs the examples one after the other; prints one line of JSON for each. */
const runnerModule = (files: ReadonlyArray<string>): string => `
import { facet, runtime, shown } from "./context.ts"
const print = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true
for (const file of ${JSON.stringify(files)}) {
  let problem = null
  try { await import("./" + file) } catch (error) { problem = error instanceof Error ? error.stack : String(error) }
  print(JSON.stringify({ file, problem, shown: shown.get(file) ?? 0 }) + "\\n")
}
await facet.close()
await runtime.dispose()
`

const tsconfig = {
  extends: "../tsconfig.base.json",
  compilerOptions: { noEmit: true, noUnusedLocals: false, allowImportingTsExtensions: true },
  include: ["*.ts"],
}

const run = (
  command: string,
  args: ReadonlyArray<string>,
  cwd: string,
): Promise<{ code: number; output: string; stdout: string }> =>
  new Promise((resolve) => {
    const child = execFile(command, args, { cwd, timeout: 230_000, maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? (error === null ? 0 : 1), output: `${stdout}${stderr}`, stdout }),
    )
  })

const pages = [
  "README.md",
  ...(await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
]
const read = (file: string) => readFile(join(root, file), "utf8")
const examples: ReadonlyArray<Example> = [
  ...(await Promise.all(pages.map(async (file) => examplesOfPage(file, await read(file))))).flat(),
  ...(await Promise.all(publicSources.map(async (file) => examplesOfDocstrings(file, await read(file))))).flat(),
]
const running = examples.filter(({ runs }) => runs)
const fileOf = (example: Example): string => `${example.place.replaceAll(/\W+/g, "_")}.ts`

/** What became of an example: why it failed, and how many of the values it shows were right. */
interface Outcome {
  readonly problem: string | null
  readonly shown: number
}

/** A line of the runner's. */
function readOutcome(line: string): readonly [file: string, outcome: Outcome] {
  const { file, ...outcome }: Outcome & { readonly file: string } = JSON.parse(line)
  return [file, outcome]
}

describe("the documentation", () => {
  let scratch = ""

  beforeAll(async () => {
    scratch = await mkdtemp(scratchPrefix)
    const modules: ReadonlyArray<readonly [string, string]> = [
      ["context.ts", contextModule],
      ...Object.entries(readersModules),
      ["runner.js", runnerModule(running.map(fileOf))],
      ["tsconfig.json", JSON.stringify(tsconfig)],
      ...examples.map((example) => [fileOf(example), moduleOf(example)] as const),
    ]
    for (const [name, text] of modules) await writeFile(join(scratch, name), text)
  })

  afterAll(() => rm(scratch, { recursive: true, force: true }))

  it("has examples on its pages and in the docstrings of all effects", () => {
    for (const file of ["README.md", "docs/getting-started.md", "docs/errors.md", ...publicSources]) {
      assert.isTrue(
        examples.some(({ place }) => place.startsWith(`${file}:`)),
        file,
      )
    }
  })

  it("has examples that fit the types", async () => {
    const compiler = join(
      dirname(createRequire(join(root, "package.json")).resolve("typescript/package.json")),
      "bin/tsc",
    )
    const { code, output } = await run(process.execPath, [compiler, "-p", "."], scratch)
    assert.strictEqual(output, "")
    assert.strictEqual(code, 0)
  })

  it("has examples that run", { timeout: 240_000 }, async () => {
    const { code, output, stdout } = await run(process.execPath, ["runner.js"], scratch)
    assert.strictEqual(code, 0, output)
    const outcomes = new Map(stdout.trim().split("\n").map(readOutcome))
    for (const example of running) {
      const outcome = outcomes.get(fileOf(example))
      const promised = [...example.code.matchAll(/ \/\/ => /g)].length
      assert.deepStrictEqual(outcome, { problem: null, shown: promised }, `${example.place}\n${example.code}`)
    }
  })

  it("has links that lead somewhere", async () => {
    for (const page of pages) {
      const text = await read(page)
      const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(({ 1: target = "" }) => target)
      for (const target of targets)
        await readFile(join(root, dirname(page), target)).catch(() => assert.fail(`${page}: ${target}`))
    }
  })

  it("tells of every error", async () => {
    const text = await read("docs/errors.md")
    const tags = Object.keys(sdk).filter((name) => name.endsWith("Error") && name !== "isFacetError")
    for (const tag of tags) assert.include(text, `### ${tag}\n`)
  })

  it("quotes errors as they are", async () => {
    const text = await read("docs/errors.md")
    const errors = [
      new sdk.UnsupportedModelError({
        model: "/models/llama",
        architecture: "LlamaForCausalLM",
        supported: "Gemma 2 (Gemma2ForCausalLM)",
      }),
      new sdk.OverloadedError({ limit: 64 }),
      new sdk.EngineCrashedError({ problem: "its thread ended with code 1" }),
      new sdk.ClosedError(),
      new sdk.InvalidObjectError({ path: "object.people[2].name", problem: "no such person", text: "{}" }),
      new sdk.RuntimeError({ operation: "Running a prompt", problem: "bad allocation" }),
      new sdk.DownloadError({
        url: "https://example.org/gemma/config.json",
        problem: "the server answered with status 404",
        remedy: "Check the address.",
      }),
      new sdk.StorageError({ problem: "it is full", remedy: "Remove a stored model and try again." }),
    ]
    for (const { message } of errors) assert.include(text, `> ${message}\n`)
  })
})
