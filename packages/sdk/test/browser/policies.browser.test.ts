/** A policy is trained in a page, on its examples, which never leave it; and a file of policies is read there. */
import { Facet, type PolicyExample, readPolicyFile, writePolicyFile } from "@facet/sdk"
import { assert, it } from "vitest"

const subjects = ["The fox", "Our cat"]
const of = (label: 0 | 1, ends: ReadonlyArray<string>): ReadonlyArray<PolicyExample> =>
  subjects.flatMap((subject) => ends.map((end) => ({ text: `${subject} ${end}`, label })))
const examples = [
  ...of(1, ["is angry and shouts.", "wants to fight.", "is mean to all.", "hits a friend.", "breaks a toy."]),
  ...of(0, ["sleeps in the sun.", "eats warm bread.", "sings to the moon.", "walks to the lake.", "finds a flower."]),
]

it("trains on 20 examples, judges by what it learned, and takes it from a file", async () => {
  await using facet = await Facet.open({ device: "wasm" })
  const policy = await facet.trainPolicy(examples, {
    id: "peace",
    guideline: '"No Quarrels": The prompt shall not speak of quarrels.',
    layers: [4],
  })
  // Figures need 50 labels, and are the same wherever they are reckoned.
  assert.match(policy.training?.untold ?? "", /^20 labels cannot tell/)
  const [read] = await readPolicyFile(writePolicyFile([policy]).replace("{", "# In YAML, too.\n{"))
  assert.deepEqual(read, policy)
  const probabilityOf = async (text: string) =>
    (await facet.shield(text, { policies: [read!] })).policies[0]?.probability ?? NaN
  assert.isAbove(
    await probabilityOf("The bear is angry and wants to fight."),
    await probabilityOf("The bear eats a cake."),
  )
}, 120_000)
