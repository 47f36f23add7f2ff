/** The same numbers as SAELens, of every architecture and setting that is read: `facet_tiny.sae_lens_goldens`. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Facet, type Intervention, type SiteName } from "../../src/index.ts"
import { temporaryFolder } from "../fixtures/folders.ts"
import { writeSteeringModel } from "../fixtures/steering.ts"

interface Case {
  readonly site: SiteName
  readonly layer: number
  /** Of each token but the first, each feature's activation. */
  readonly features: ReadonlyArray<ReadonlyArray<number>>
  /** One that is active, and what it is clamped to. */
  readonly feature: number
  readonly value: number
  /** Log-probabilities of the tokens behind the first. */
  readonly spliced: ReadonlyArray<number>
  readonly ablated: ReadonlyArray<number>
  readonly clamped: ReadonlyArray<number>
  /** Of transcoders, which write in another place than they read. */
  readonly steered?: ReadonlyArray<number>
}

const goldens = fileURLToPath(new URL("../goldens/sae-lens/", import.meta.url))
const { cases, ids }: { readonly cases: Readonly<Record<string, Case>>; readonly ids: ReadonlyArray<number> } =
  JSON.parse(await readFile(join(goldens, "goldens.json"), "utf8"))

const tolerance = 1e-3

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let model: string
beforeAll(async () => {
  folder = await temporaryFolder()
  model = await writeSteeringModel(folder.path)
})
afterAll(() => folder[Symbol.asyncDispose]())

const open = (name: string) => Facet.open({ model, scope: join(goldens, name), threads: 1 })

const closeTo = (actual: ReadonlyArray<number>, expected: ReadonlyArray<number>, what: string): void => {
  assert.lengthOf(actual, expected.length, what)
  for (const [i, value] of expected.entries()) assert.approximately(actual[i] ?? NaN, value, tolerance, `${what} ${i}`)
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe("an autoencoder that SAELens saved", () => {
  it.each(Object.entries(cases))("encodes, and acts, as SAELens has it: %s", async (name, golden) => {
    await using facet = await open(name)
    const { feature, features, layer, site } = golden
    const trace = await facet.inspect({ tokens: ids }, { topK: 24 })
    assert.deepInclude(trace, { site, layer })
    for (const [i, row] of features.entries()) {
      const found = row.map(() => 0)
      for (const { activation, index } of trace.tokens[i + 1]?.features ?? []) found[index] = activation
      closeTo(found, row, `${name} at ${i + 1}`)
    }
    const score = async (intervention: Intervention): Promise<ReadonlyArray<number>> => {
      const { tokens } = await facet.score({ tokens: ids }, { interventions: [intervention] })
      return tokens.slice(1).map(({ logprob }) => logprob ?? NaN)
    }
    const at = { site, layer } as const
    const spliced = await score({ type: "splice", ...at, errorTerm: false })
    closeTo(spliced, golden.spliced, `${name} spliced`)
    assert.approximately(-mean(spliced), -mean(golden.spliced), tolerance)
    closeTo(await score({ type: "ablate", ...at, feature }), golden.ablated, `${name} ablated`)
    closeTo(await score({ type: "clamp", ...at, feature, value: golden.value }), golden.clamped, `${name} clamped`)
    if (golden.steered !== undefined) {
      const steered = await score({ type: "steer", ...at, feature, strength: 2 })
      closeTo(steered, golden.steered, `${name} steered`)
    }
  })
})
