/** Graphics cards on Node: one that is a program on the CPU computes what the CPU computes, and what is not there is said. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { listSupportedBackends } from "onnxruntime-node"
import { assert, beforeAll, describe, it } from "vitest"
import { isCampaign } from "../../../../test/campaign.ts"
import { softwareVulkan } from "../../../../test/softwareVulkan.ts"
import { Facet, UnsupportedDeviceError } from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"
import { readGemma3Goldens, writeGemma3 } from "../fixtures/gemma3.ts"
import type { OnGraphicsCard } from "../fixtures/onGraphicsCard.ts"

const vulkan = await softwareVulkan().catch((cause: unknown) => {
  console.warn(`Not run: WebGPU on Node. ${cause instanceof Error ? cause.message : String(cause)}`)
  return undefined
})

const script = fileURLToPath(new URL("../fixtures/onGraphicsCard.ts", import.meta.url))

/** In a process of its own: where libraries are looked for is settled when it starts. */
async function onGraphicsCard(environment: Readonly<Record<string, string>>): Promise<OnGraphicsCard> {
  const root = await mkdtemp(join(tmpdir(), "facet-card-"))
  try {
    const [golden] = await readGemma3Goldens()
    const folder = await writeGemma3(root, { config: golden?.config ?? {}, dtype: "BF16" })
    const env = { ...process.env, ...environment }
    const { stdout } = await promisify(execFile)(process.execPath, [script, folder, isCampaign ? "all" : "logits"], {
      env,
    })
    // That script writes exactly this.
    return JSON.parse(stdout) as OnGraphicsCard
  } finally {
    await rm(root, { recursive: true })
  }
}

// SwiftShader takes a second and more for a run, and compiles each program first.
describe.skipIf(vulkan === undefined)("webgpu on Node, on a software adapter", { timeout: 300_000 }, () => {
  let found: OnGraphicsCard
  beforeAll(async () => {
    found = await onGraphicsCard(vulkan ?? {})
  }, 300_000)

  it.runIf(isCampaign)("is taken in 32-bit floats where it has no others, and says so", () => {
    const { name, precision, rejected, threads } = found.device!
    assert.deepStrictEqual({ name, precision, threads }, { name: "webgpu", precision: "f32", threads: 1 })
    assert.deepStrictEqual(rejected, [{ name: "webgpu", reason: "the graphics adapter has no 16-bit floats" }])
  })

  it.runIf(isCampaign)("writes the CPU's text", () => {
    const [cpu, card] = found.texts!
    assert.isNotEmpty(cpu)
    assert.strictEqual(card, cpu)
  })

  it("gives the CPU's logits, in several runs, after a fork, and where sliding layers forget rows", () => {
    const off = { ...found.off, ...found.embedded }
    console.log(`webgpu on Node: logits off by at most ${JSON.stringify(off)}`)
    assert.lengthOf(Object.keys(off), isCampaign ? 4 : 2)
    for (const [what, apart] of Object.entries(off)) assert.isBelow(apart, 1e-3, what)
  })

  it.runIf(isCampaign)("serves two engines at the same time, which take turns", () => {
    const [cpu, ...cards] = found.perplexities!
    assert.lengthOf(cards, 2)
    for (const card of cards) assert.closeTo(card ?? NaN, cpu ?? NaN, 1e-2)
  })
})

describe("a graphics card that is not to be had here", () => {
  const isThere = (name: string) => listSupportedBackends().some((backend) => backend.name === name)
  const elsewhere = (["webgpu", "cuda", "coreml", "dml"] as const).filter((name) => !isThere(name))

  it.each(elsewhere)("%s is another system's, and said so", async (device) => {
    const error = await failureOf(Facet.open({ device }))
    assert.instanceOf(error, UnsupportedDeviceError)
    assert.strictEqual(error.device, device)
    assert.match(error.message, /onnxruntime-node has no \w+ on .*It is there on .*device: "cpu"/)
  })

  // ONNX Runtime's part for CUDA is fetched by its install script alone.
  const { arch, platform } = process
  const cuda = new URL(
    `../../node_modules/onnxruntime-node/bin/napi-v6/${platform}/${arch}/libonnxruntime_providers_cuda.so`,
    import.meta.url,
  )
  it.skipIf(!isThere("cuda") || existsSync(cuda))("cuda says what it needs", async () => {
    const error = await failureOf(Facet.open({ device: "cuda" }))
    assert.instanceOf(error, UnsupportedDeviceError)
    assert.strictEqual(error.device, "cuda")
    assert.match(error.message, /does not start: .*shared library.*CUDA 12 and cuDNN 9.*device: "cpu"/)
  })

  it.skipIf(platform !== "linux" || !isThere("webgpu"))("webgpu says that there is no adapter", async () => {
    const program = `
      import { Facet } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)}
      await Facet.open({ device: "webgpu" }).catch((error) => console.log(error._tag, error.message))`
    const env = { ...process.env, VK_ICD_FILENAMES: "/nowhere.json", VK_DRIVER_FILES: "/nowhere.json" }
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { env })
    assert.match(stdout, /^UnsupportedDeviceError Device webgpu: it does not start: .*adapter.*Install.*device: "cpu"/)
  })
})
