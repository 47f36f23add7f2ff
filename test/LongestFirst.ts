/** The order in which files of tests run. */
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Short files that take long: in a fresh clone nobody knows yet, and what starts last is waited for. */
const long = [
  "checkpoint/test/gguf/realCheckpoint.test.ts",
  "sdk/test/docs.test.ts",
  "hono-plugin/test/depthAndLength.test.ts",
  "checkpoint/test/sentencepiece/makeTokenizer.test.ts",
  "sdk/test/effects/trainPolicy.test.ts",
  "sdk/test/models/openGgufModels.test.ts",
]

const isLong = ({ moduleId }: TestSpecification): boolean => long.some((file) => moduleId.endsWith(`/packages/${file}`))
const placeOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder

/** Vitest's own order, the longer and larger files first, after those that are known to take long. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b) || Number(isLong(b)) - Number(isLong(a)))
  }
}
