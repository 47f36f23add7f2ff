/** The programs of docs/ai-sdk.md and the README are run as they stand; `console.log(x) // => text` must print that text. */
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const pages = ["docs/ai-sdk.md", "packages/ai-sdk-provider/README.md"]

const programs = (
  await Promise.all(
    pages.map(async (page) => {
      const text = await readFile(join(root, page), "utf8")
      return [...text.matchAll(/^```typescript\n(.*?)^```$/gms)].map(({ 1: code = "", index }) => ({
        place: `${page}:${text.slice(0, index).split("\n").length + 1}`,
        code,
      }))
    }),
  )
).flat()

const END = "--- end of a program ---"

describe("a program of the documentation", () => {
  /** Inside the package, so that programs find it and its dependencies by name. */
  let scratch: string
  let printed: ReadonlyArray<string>

  beforeAll(async () => {
    scratch = await mkdtemp(fileURLToPath(new URL("../.docs-", import.meta.url)))
    // One process for all: most of a program's time is loading what all of them load.
    const main = programs.map((_, i) => `await import("./program${i}.ts")\nconsole.log(${JSON.stringify(END)})\n`)
    for (const [i, { code }] of programs.entries()) await writeFile(join(scratch, `program${i}.ts`), code)
    await writeFile(join(scratch, "main.ts"), main.join(""))
    const { stdout } = await promisify(execFile)(process.execPath, [join(scratch, "main.ts")], { timeout: 50_000 })
    printed = stdout.split(`${END}\n`).map((text) => text.trimEnd())
  })
  afterAll(() => rm(scratch, { recursive: true }))

  it("is there at all", () => assert.isAbove(programs.length, 5))

  for (const [i, { code, place }] of programs.entries()) {
    it(`prints what it says: ${place}`, () => {
      const expected = [...code.matchAll(/console\.log\(.*\) \/\/ => (.*)$/gm)].map(([, text]) => text)
      assert.deepStrictEqual(printed[i]?.split("\n"), expected)
    })
  }
})
