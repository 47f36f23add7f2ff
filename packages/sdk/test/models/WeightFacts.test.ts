import { gemmaFolder } from "@facet/tiny"
import { totalmem } from "node:os"
import { assert, describe, it } from "vitest"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { memoryLimit, memoryWarning, readWeightFacts } from "../../src/models/WeightFacts.node.ts"

describe("what a model takes", () => {
  it("is read from its files' headers", async () => {
    const { bytes, isPlain, memoryBytes, weights } = await readWeightFacts(await openFolder(gemmaFolder))
    // The embedded model is f16, which the CPU computes as f32.
    assert.isTrue(isPlain)
    assert.deepEqual([bytes, memoryBytes], [weights * 2, weights * 4])
  })

  it("is compared with the machine's memory, or a container's", async () => {
    const limit = await memoryLimit()
    assert.isAtLeast(totalmem(), limit)
    assert.isUndefined(await memoryWarning("a", 1))
    assert.match(
      (await memoryWarning("google/gemma-2-27b", limit + 1)) ?? "",
      /^google\/gemma-2-27b needs .* GB of memory .* and there are .* GB here/,
    )
  })
})
