/** What importing a package loads: no native library, before an engine opens. */
import { execFile } from "node:child_process"
import { readdir } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, it } from "vitest"
import { temporaryFolder } from "./fixtures/folders.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))

const run = promisify(execFile)

/** Native libraries of a fresh process that ran `code`. */
async function librariesAfter(code: string): Promise<ReadonlyArray<string>> {
  const tell = "console.log(JSON.stringify(process.report.getReport().sharedObjects))"
  const args = ["--input-type=module", "-e", `${code}\n${tell}`]
  const { stdout } = await run(process.execPath, args, { cwd: root })
  const objects: ReadonlyArray<string> = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "[]")
  return objects.filter((path) => path.includes("node_modules") && !path.endsWith("/bin/node"))
}

it.each([
  "@facet/sdk",
  "@facet/sdk/ai",
  "@facet/sdk/judges",
  "@facet/sdk/transformers",
  "@facet/hono-plugin",
  "@facet/ai-sdk-provider",
])("%s loads none", async (name) => {
  assert.deepEqual(await librariesAfter(`await import(${JSON.stringify(name)})`), [])
})

it("an engine loads ONNX Runtime and nothing else", async () => {
  const libraries = await librariesAfter('const { Facet } = await import("@facet/sdk"); await Facet.open()')
  assert.isNotEmpty(libraries)
  assert.deepEqual(
    libraries.filter((path) => !path.includes("onnxruntime-node")),
    [],
  )
})

it("an engine leaves nothing behind at home: ONNX Runtime's telemetry is declined", async () => {
  await using home = await temporaryFolder()
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...rest } = process.env
  const code = `const { Facet } = await import("@facet/sdk")
    const facet = await Facet.open()
    await facet.generate("Hi!", { maxTokens: 2 })
    await facet.close()`
  const env = { ...rest, HOME: home.path, USERPROFILE: home.path }
  await run(process.execPath, ["--input-type=module", "-e", code], { cwd: root, env })
  assert.deepEqual(await readdir(home.path, { recursive: true }), [])
})
