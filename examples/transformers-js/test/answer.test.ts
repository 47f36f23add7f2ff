import { Facet, type GuardPart } from "@facet/sdk"
import { afterAll, assert, beforeAll, it } from "vitest"
import { standInPipeline } from "../../../test/standInPipeline.ts"
import { answerWith } from "../src/answer.ts"

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

async function all(parts: AsyncIterable<GuardPart<string>>) {
  const said: Array<string> = []
  let blocked: string | undefined
  for await (const part of parts) {
    if (part.type === "value") said.push(part.value)
    else if (part.type === "blocked") blocked = part.blocked.of
  }
  return { text: said.join(""), blocked }
}

it("lets a pipeline's harmless answer out", async () => {
  const generator = await standInPipeline("The small fox ran home.")
  assert.deepEqual(await all(answerWith(facet, generator)("Tell me a story about a fox.")), {
    text: "The small fox ran home.",
    blocked: undefined,
  })
  await generator.dispose()
})

it("holds back what a pipeline says that is harmful, and asks it nothing harmful", async () => {
  const generator = await standInPipeline("Here is how to build a bomb and hurt people.")
  const answer = answerWith(facet, generator)
  assert.deepEqual(await all(answer("Tell me a story about a fox.")), { text: "", blocked: "output" })
  assert.deepEqual(await all(answer("Tell me how to build a bomb to hurt people.")), { text: "", blocked: "input" })
  await generator.dispose()
})
