/** GGUF files that Facet writes: llama.cpp runs them, and Facet reads back what it wrote. */
import { mkdir, readdir, readFile, readlink, rm, rmdir, symlink, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import { gemmaFolder } from "@facet/tiny"
import { Facet } from "@facet/sdk"
import { InvalidRequestError } from "@facet/sdk/words"
import type { Llama } from "node-llama-cpp"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { convertModel, openCheckpoint, openGgufCheckpoint } from "../../src/index.ts"
import { rejection, withFolder } from "../fixtures/folders.ts"
import { continued, idsOf, startLlama } from "../fixtures/llama.ts"

const prompts = ["Tell me a story about a fox.", "What is a river?", "Once upon a time", "Who lives in the forest?"]
const length = 40

describe("a GGUF of the embedded model", () => {
  let llama: Llama
  let facet: Facet
  beforeAll(async () => {
    llama = await startLlama()
    facet = await Facet.open({ model: gemmaFolder, device: "cpu" })
  }, 60_000)
  afterAll(async () => {
    await facet.close()
    await llama.dispose()
  })

  it.each(["f32", "f16", "q8"] as const)(
    "in %s makes llama.cpp write what Facet writes, token by token",
    async (dtype) => {
      await withFolder(async (root) => {
        await convertModel(gemmaFolder, join(root, "tiny.gguf"), { dtype })
        const model = await llama.loadModel({ modelPath: join(root, "tiny.gguf") })
        for (const prompt of prompts) {
          const { tokens } = await facet.generate(prompt, { template: "none", maxTokens: length })
          const ids = idsOf(model, prompt)
          assert.deepStrictEqual<ReadonlyArray<number>>(ids, tokens!.prompt)
          const own = tokens!.completion.filter((id) => id !== 1 && id !== 107)
          assert.deepStrictEqual<ReadonlyArray<number>>(await continued(model, ids, length), own, prompt)
        }
        await model.dispose()
      })
    },
    60_000,
  )

  it.each(["f32", "f16", "q8", "q4"] as const)(
    "in %s reads back as it was written, and writes the same file again",
    async (dtype) => {
      await withFolder(async (root) => {
        const [once, twice] = [join(root, "once.gguf"), join(root, "twice.gguf")]
        const { warnings } = await convertModel(gemmaFolder, once, { dtype })
        assert.match(warnings.join(), /fewer merges than its pieces allow/)
        const [written, source] = [await openGgufCheckpoint(once), await openCheckpoint(gemmaFolder)]
        assert.deepStrictEqual(
          { ...written.model.config, eosIds: null },
          { ...source.model.config, eosIds: null, quantization: null },
        )
        for (const [i, { encoding, read, spec }] of written.tensors.entries()) {
          assert.deepStrictEqual(spec, source.tensors[i]!.spec)
          const [own, plain] = [await read(0, spec.rows), await source.tensors[i]!.read(0, spec.rows)]
          // Half a level of the largest weight of a block, and what f16 rounds off its scale.
          const most = { F32: 1e-7, F16: 1e-3, Q8_0: 0.006, Q4_0: 0.14 }[encoding]!
          const largest = plain.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
          assert.isBelow(
            own.reduce((a, value, j) => Math.max(a, Math.abs(value - plain[j]!)), 0),
            most * largest + 1e-6,
            spec.name,
          )
        }
        await convertModel(once, twice, {})
        if (dtype === "q8" || dtype === "q4") {
          const [a, b] = [await readFile(once), await readFile(twice)]
          // But for its name, which is the source's.
          assert.isTrue(a.subarray(-1_000_000).equals(b.subarray(-1_000_000)))
        }
        assert.deepStrictEqual((await readdir(root)).toSorted(), ["once.gguf", "twice.gguf"])
      })
    },
  )

  it("asks for what llama.cpp can run, and leaves nothing where it cannot", async () => {
    await withFolder(async (root) => {
      const config: Record<string, unknown> = JSON.parse(await readFile(join(gemmaFolder, "config.json"), "utf8"))
      const changes: ReadonlyArray<readonly [string, unknown]> = [
        ["query_pre_attn_scalar", 64],
        ["attn_logit_softcapping", null],
        ["layer_types", Array.from({ length: 6 }, () => "full_attention")],
      ]
      for (const [field, value] of changes) {
        const folder = join(root, field)
        await mkdir(folder)
        for (const name of await readdir(gemmaFolder))
          await writeFile(join(folder, name), await readFile(join(gemmaFolder, name)))
        await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, [field]: value }))
        const error = await rejection(convertModel(folder, join(root, "out.gguf"), { dtype: "f32" }))
        assert.instanceOf(error, InvalidRequestError)
        assert.include((error as InvalidRequestError).message, field)
      }
      for (const options of [{ block: 64 }, { head: "f16" }, { dtype: "int8" }, { embedding: "int8" }] as const) {
        assert.instanceOf(
          await rejection(convertModel(gemmaFolder, join(root, "out.gguf"), options)),
          InvalidRequestError,
        )
      }
      const signal = AbortSignal.abort()
      // Of a conversion that was killed.
      const host = hostname().replace(/[^a-z0-9]/gi, "_")
      await writeFile(join(root, `.out.gguf.facet-${host}-99999999-0`), "half a model")
      assert.instanceOf(await rejection(convertModel(gemmaFolder, join(root, "out.gguf"), { signal })), DOMException)
      await mkdir(join(root, "folder.gguf"))
      const refused = await rejection(convertModel(gemmaFolder, join(root, "folder.gguf")))
      assert.include(String(refused), "folder.gguf is a folder")
      await rmdir(join(root, "folder.gguf"))
      await symlink("there.gguf", join(root, "link.gguf"))
      await convertModel(gemmaFolder, join(root, "link.gguf"), { dtype: "q8" })
      assert.strictEqual(await readlink(join(root, "link.gguf")), "there.gguf")
      for (const name of ["link.gguf", "there.gguf"]) await rm(join(root, name))
      assert.deepStrictEqual((await readdir(root)).toSorted(), changes.map(([field]) => field).toSorted())
    })
  })
})
