/** The programs in React of docs/*.md and the README are types that hold: each is checked as a module of an app. */
import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const docs = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md"))
const pages = [...docs.map((name) => `docs/${name}`), "packages/react-hooks/README.md"]

const programsOf = async (page: string) => {
  const text = await readFile(join(root, page), "utf8")
  const blocks = [...text.matchAll(/^```tsx\n(.*?)^```$/gms)].map(({ 1: code = "", index }) => ({
    place: `${page}:${text.slice(0, index).split("\n").length + 1}`,
    code,
  }))
  // A block that imports nothing is a fragment of somebody's component.
  return blocks.filter(({ code }) => code.startsWith("import "))
}

describe("the programs of the documentation", () => {
  it("are correct TypeScript", { timeout: 60_000 }, async () => {
    const programs = (await Promise.all(pages.map(programsOf))).flat()
    assert.isAbove(programs.length, 8)
    // Inside the package, so that programs find it and its dependencies by name.
    const scratch = await mkdtemp(fileURLToPath(new URL("../.docs-", import.meta.url)))
    try {
      await writeFile(
        join(scratch, "tsconfig.json"),
        JSON.stringify({
          extends: "../../../tsconfig.browser.json",
          compilerOptions: {
            paths: {
              "@facet/react-hooks": ["../src/index.ts"],
              "@facet/react-hooks/styles.css": ["../src/styles.css.d.ts"],
            },
          },
          include: ["*.tsx"],
        }),
      )
      for (const [i, { code, place }] of programs.entries()) {
        await writeFile(join(scratch, `program${i}.tsx`), `${code}\n// ${place}\nexport {}\n`)
      }
      const tsc = join(root, "node_modules/typescript/bin/tsc")
      await promisify(execFile)(process.execPath, [tsc, "-p", scratch]).catch((error: { readonly stdout?: string }) => {
        const places = programs.map(({ place }, i) => `program${i}.tsx is ${place}`)
        assert.fail([error.stdout ?? "tsc did not run", ...places].join("\n"))
      })
    } finally {
      await rm(scratch, { recursive: true })
    }
  })
})
