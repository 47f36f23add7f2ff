/** Facet changes a model's inside as forward hooks on `transformers` do, at every site. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { argmax } from "../../src/engine/Logprobs.ts"
import { OpenModel } from "../../src/engine/OpenModel.ts"
import { resolveInterventions } from "../../src/engine/resolveInterventions.ts"
import { SaeFeatures } from "../../src/engine/SaeFeatures.ts"
import type { Interventions } from "../../src/engine/Interventions.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import type { Intervention } from "../../src/index.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import { chooseSae } from "../../src/scope/chooseSae.ts"
import { openScope } from "../../src/scope/openScope.node.ts"
import { readInterventions } from "../../src/words/Intervention.ts"
import type { Site } from "../../src/words/Site.ts"
import { temporaryFolder } from "../fixtures/folders.ts"
import { furthest, rowsAt, tensor } from "../fixtures/parity.ts"
import { readSteeringGoldens, readSteeringLogits, steeringScope, writeSteeringModel } from "../fixtures/steering.ts"

const goldens = await readSteeringGoldens()
const expected = await readSteeringLogits()

describe.each(["fused", "decomposed"] as const)("interventions, with attention %s", (attention) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let model: OpenModel
  beforeAll(async () => {
    folder = await temporaryFolder()
    const files = await openFolder(await writeSteeringModel(folder.path))
    const operators = { attention, multiplication: "f32", rounding: "row" } as const
    const runtime = makeNodeRuntime({ interlock: new Interlock(), threads: 1, operators })
    model = await OpenModel.open({ files, runtime, heads: ["vocabulary"], cacheBytes: 0 }, [], () => {})
  })
  afterAll(async () => {
    await model.release()
    await folder[Symbol.asyncDispose]()
  })

  const resolved = async (list: ReadonlyArray<Intervention>): Promise<Interventions> => {
    const scope = await openScope(steeringScope)
    const featuresAt = async (place: Partial<Site>) =>
      SaeFeatures.open(scope.files, await chooseSae(scope, place), model.config)
    const interventions = await resolveInterventions(readInterventions(list), { config: model.config, featuresAt })
    await model.openFor({ interventions: interventions.sites })
    return interventions
  }

  it.each(goldens.cases)("give transformers' logits within 1e-3, and its text: $name", async (golden) => {
    const interventions = await resolved(golden.interventions)
    const { vocabSize } = model.config
    for (const length of [goldens.ids.length, 7]) {
      const sequence = model.newSequence(undefined, interventions)
      const logits: Array<number> = []
      for (let at = 0; at < goldens.ids.length; at += length) {
        const tokens = goldens.ids.slice(at, at + length)
        const forward = await model.forward(sequence, tokens, { rows: tokens.map((_, i) => i) })
        for (const value of forward.logits) logits.push(value)
      }
      const found = rowsAt(Float32Array.from(logits), goldens.positions, vocabSize)
      assert.isBelow(furthest(found, tensor(expected, golden.key)), 1e-3)
      let last = Float32Array.from(logits.slice(-vocabSize))
      for (const id of golden.greedy) {
        assert.strictEqual(argmax(last), id)
        last = Float32Array.from((await model.forward(sequence, [id], { rows: [0] })).logits)
      }
      sequence.dispose()
    }
  })
})

describe("the goldens", () => {
  it("are of interventions that change much", () => {
    const plain = tensor(expected, goldens.cases[0]!.key)
    for (const { key, name } of goldens.cases.slice(1)) {
      assert.isAbove(furthest(plain, tensor(expected, key)), 1e-2, name)
    }
  })
})
