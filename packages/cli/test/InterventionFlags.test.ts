import { expect, test } from "vitest"
import { readInterventions, scopeFor } from "../src/InterventionFlags.ts"
import { UsageError } from "../src/UsageError.ts"
import { facet } from "./facet.ts"

test("features are named by site, layer and index", () => {
  expect(readInterventions({})).toBeUndefined()
  expect(
    readInterventions({
      steer: ["resid_post.20.12082=300", "blocks.3.attn.hook_z.3.4=-1.5e1"],
      ablate: ["mlp_out.1.0"],
      clamp: ["mlp_in_norm.2.7=+.5"],
    }),
  ).toStrictEqual([
    { type: "steer", site: "resid_post", layer: 20, feature: 12082, strength: 300 },
    { type: "steer", site: "attn_z", layer: 3, feature: 4, strength: -15 },
    { type: "ablate", site: "mlp_out", layer: 1, feature: 0 },
    { type: "clamp", site: "mlp_in_norm", layer: 2, feature: 7, value: 0.5 },
  ])
})

test.each([
  { steer: ["resid_post.4.12"] },
  { steer: ["resid_post.4.12="] },
  { steer: ["resid_post.4.12=NaN"] },
  { steer: ["resid_post.4.12=1,5"] },
  { steer: ["resid_post.12=3"] },
  { steer: ["resid_post.x.12=3"] },
  { steer: ["4.12=3"] },
  { steer: ["resid_pre.4.12=3"] },
  { ablate: ["resid_post.4.12=3"] },
  { ablate: ["resid_post.4.-1"] },
  { ablate: [""] },
  { clamp: ["resid_post.4.1.5"] },
])("what names no feature or no number is bad usage: %o", (flags) => {
  expect(() => readInterventions(flags)).toThrow(UsageError)
})

test("a single file belongs where the flags act, unless somebody says otherwise", () => {
  const [ablate] = readInterventions({ ablate: ["mlp_out.1.0"] }) ?? []
  expect(scopeFor(undefined, {})).toStrictEqual({})
  expect(scopeFor("scope", {}, [ablate!])).toStrictEqual({ scope: "scope" })
  expect(scopeFor("a.npz", {}, [ablate!])).toStrictEqual({ scope: "a.npz", layer: 1, site: "mlp_out" })
  expect(scopeFor("a.npz", { layer: 2 }, [])).toStrictEqual({ scope: "a.npz", layer: 2 })
})

test("the commands change what the model makes of a text, and say what they cannot", async () => {
  const words = ["The dog ran home.", "--json"]
  const steer = ["--steer", "resid_post.4.184=60"]
  const [plain, steered, ablated, traced, written, malformed, missing, far] = await Promise.all([
    facet(["score", ...words]),
    facet(["score", ...words, ...steer, "--clamp=mlp_out.1.412=-3"]),
    facet(["score", ...words, "--ablate", "resid_post.2.177"]),
    facet(["inspect", ...words, "--layer", "4", "--top", "1", ...steer]),
    facet(["generate", "Tell me a story.", "--max-tokens", "4", "--json", ...steer]),
    facet(["score", ...words, "--steer", "resid_post.4=60"]),
    facet(["score", ...words, "--steer", "resid_post.4.768=60"]),
    facet(["generate", "Hi", "--steer", "resid_post.4.1=1e30"]),
  ])
  const perplexity = ({ stdout }: { readonly stdout: string }): number => JSON.parse(stdout).perplexity
  expect(new Set([plain, steered, ablated].map(perplexity)).size).toBe(3)
  const { tokens } = JSON.parse(traced.stdout)
  expect(tokens[0].features).toStrictEqual([])
  for (const { features } of tokens.slice(1)) expect(features[0].index).toBe(184)
  expect(written).toMatchObject({ code: 0, stderr: "" })
  expect(malformed).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("SITE.LAYER.INDEX") })
  expect(missing).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/InvalidRequestError[^]*0 to 767/),
  })
  expect(far).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("interventions[0].strength") })
}, 60_000)
