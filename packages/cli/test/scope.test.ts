import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { dashboardsFromNeuronpedia, Facet } from "@facet/sdk"
import { scopeFolder } from "@facet/tiny"
import { afterAll, beforeAll, expect, test } from "vitest"
import { facet } from "./facet.ts"

let root = ""
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "facet-cli-scope-"))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** Nothing of Gemma Scope is here, and nobody is asked. */
const env = () => ({
  HF_HOME: root,
  FACET_CACHE: root,
  HF_HUB_OFFLINE: "1",
  HF_HUB_CACHE: "",
  HUGGINGFACE_HUB_CACHE: "",
})

const scope = (...words: ReadonlyArray<string>) => facet(["scope", ...words], { env: env() })

test("autoencoders are listed and shown by any of their names", async () => {
  const [listed, shown] = [
    await scope("list", "--model", "google/gemma-2-2b", "--layer", "20", "--site", "resid_post", "--json"),
    await scope("show", "20-gemmascope-res-16k", "--model", "google/gemma-2-2b-it", "--json"),
  ]
  expect(listed).toMatchObject({ code: 0, stderr: "" })
  expect(JSON.parse(listed.stdout)).toHaveLength(10)
  expect(JSON.parse(shown.stdout)).toMatchObject({
    file: "layer_20/width_16k/average_l0_71/params.npz",
    neuronpedia: "gemma-2-2b/20-gemmascope-res-16k",
    bytes: 302_131_416,
  })
}, 60_000)

test.each([
  [["scope"], 2, "ACTION is missing"],
  [["scope", "open"], 2, "scope takes one of list, show, pull, rm, labels, dashboard, search"],
  [["scope", "show", "nothing"], 2, '"nothing" names no autoencoder'],
  [["scope", "pull", "gemma-scope-2b-pt-res"], 2, "is a release of many: add --layer"],
  [["scope", "pull", "--model", "google/gemma-2-2b", "--layer", "99"], 1, "scope.layer: there is no autoencoder"],
  [["scope", "rm", "gemma-2-2b/20-gemmascope-res-16k", "--yes"], 1, "it is not on this machine"],
  [["scope", "search"], 2, "--on FILE and --off FILE"],
  [["scope", "search", " "], 2, "give words to look for in labels"],
  [["scope", "search", "zebra"], 0, "labels has all of these words"],
  [["scope", "search", "night", "--site", "resid"], 2, '--site: "resid" is not a site'],
  [["scope", "search", "night", "--top", "0"], 2, "--top takes a whole number of at least 1"],
  [["scope", "list", "--site", "resid"], 2, '--site: "resid" is not a site'],
  [["scope", "dashboard", "corpus.txt"], 2, "--out FILE is missing"],
  [["scope", "dashboard", "corpus.txt", "--out", "nowhere/d.json"], 2, "--out: nowhere/d.json cannot be written"],
  [["scope", "dashboard", "corpus.txt", "--out", "d.json", "--texts", "0"], 2, "--texts takes a number of at least 1"],
])(
  "%j ends with %i and says what is wrong",
  async (words, code, message) => {
    const done = await facet(words, { env: env() })
    expect(done.code).toBe(code)
    expect(done.stdout).toBe("")
    expect(done.stderr).toContain(message)
  },
  60_000,
)

test("features are searched by their labels and by example, and shown on dashboards", async () => {
  const labelled = await scope("search", "story", "--json")
  expect(labelled.code).toBe(0)
  expect(JSON.parse(labelled.stdout).hits.length).toBeGreaterThan(0)

  const animals = ["fox", "dog", "cat", "hare", "bear", "wolf", "owl", "mouse"]
  const [on, off] = [join(root, "on.txt"), join(root, "off.txt")]
  await writeFile(on, animals.map((animal) => `The hungry ${animal} ran home.`).join("\n"))
  await writeFile(
    off,
    ["The sun shone.", "It was cold.", "They were happy.", "The rain fell.", "She sang.", "He slept."].join("\n"),
  )
  const found = await scope("search", "--on", on, "--off", off, "--json")
  const { hits } = JSON.parse(found.stdout)
  expect(hits.length).toBeGreaterThan(0)
  for (const hit of hits) {
    expect(hit.on).toBeGreaterThan(hit.off)
    expect(hit.pValue).toBeLessThan(0.05)
  }

  const target = join(root, "dashboards.json")
  const index = String(hits[0].index)
  const made = await scope("dashboard", on, "--features", index, "--out", target, "--format", "neuronpedia")
  expect(made.code).toBe(0)
  const [feature] = JSON.parse(await readFile(target, "utf8")).features
  expect(feature.feature_index).toBe(Number(index))
  expect(feature.frac_nonzero).toBeGreaterThan(0)
  expect(feature.activations.length).toBeGreaterThan(0)
  // The logits are those that the model tells of the same feature.
  await using opened = await Facet.open()
  const { layer, sae_set: site } = JSON.parse(await readFile(target, "utf8"))
  const logits = await opened.featureLogits({ layer: Number(layer), site, features: [Number(index)], topK: 10 })
  const [told] = logits.features
  expect(feature.pos_str).toStrictEqual(told?.promoted.map(({ token }) => token))
  expect(feature.pos_values[0]).toBeCloseTo(told?.promoted[0]?.effect ?? NaN, 3)
  expect(feature.neg_str).toStrictEqual(told?.suppressed.map(({ token }) => token))
  const read = dashboardsFromNeuronpedia(JSON.parse(await readFile(target, "utf8")))
  expect(read.features[0]?.promoted?.map(({ token }) => token)).toStrictEqual(feature.pos_str)
}, 120_000)

test("features are checked wherever they are read, and have the logits of where they write", async () => {
  const corpus = join(root, "one.txt")
  await writeFile(corpus, "The fox ran.")
  const dashboardAt = async (folder: string, site: string, index: number) => {
    // As wide as both sites are, and of neither: what it finds there means nothing.
    await cp(join(scopeFolder, "mlp_out"), join(root, "sites", folder), { recursive: true })
    const where = ["--scope", join(root, "sites", folder), "--site", site, "--features", String(index)]
    return scope("dashboard", corpus, ...where, "--out", join(root, "sites", "d.json"), "--json")
  }
  const [none, heads] = [await dashboardAt("attn_z", "attn_z", 999), await dashboardAt("attn_z", "attn_z", 9)]
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("attn_z.1 has no feature 999") })
  expect(JSON.parse(heads.stdout).logits).toBeUndefined()
  const transcoder = await dashboardAt("gemma-scope-2b-pt-transcoders", "mlp_in_norm", 9)
  expect(JSON.parse(transcoder.stdout)).toMatchObject({ logits: "W_dec * (1 + gain) @ W_U", features: [{ index: 9 }] })
}, 60_000)

test("dashboards go on where they were interrupted, and are the same", async () => {
  const corpus = join(root, "corpus.jsonl")
  const texts = ["The hungry dog ran home.", "A cat slept in the sun.", "The fox was happy."]
  const rows = (count: number) =>
    texts
      .slice(0, count)
      .map((text) => JSON.stringify({ text }))
      .join("\n")
  const whole = join(root, "whole.json")
  const cut = join(root, "cut.json")
  await writeFile(corpus, `${rows(2)}\nno row`)
  const broken = await scope("dashboard", corpus, "--out", cut)
  expect(broken.code).toBe(2)
  expect(broken.stderr).toContain("corpus.jsonl:3 is no row with a text")
  // What was collected is of another beginning now, or is no such file.
  // Of what is longer than the context its beginning is read, also where it is too long to be tokenised.
  await writeFile(join(root, "long.txt"), `${"fox ".repeat(2000)}\n${"fox \u{1f98a}".repeat(20_000)}\nA fox.`)
  const long = await scope("dashboard", join(root, "long.txt"), "--features", "1", "--out", join(root, "long.json"))
  expect(long).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("2 texts are longer than the model's context"),
  })
  expect(JSON.parse(await readFile(join(root, "long.json"), "utf8"))).toMatchObject({ texts: 3, tokens: 2 * 1023 + 3 })
  const collected = await readFile(`${cut}.part`, "utf8")
  await writeFile(corpus, rows(3).replace("hungry", "tired"))
  const other = await scope("dashboard", corpus, "--out", cut)
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("does not begin with any more") })
  await writeFile(`${cut}.part`, collected.slice(0, -9))
  const damaged = await scope("dashboard", corpus, "--out", cut)
  expect(damaged).toMatchObject({ code: 2, stderr: expect.stringContaining("cut.json.part is damaged") })
  await writeFile(`${cut}.part`, collected)
  await writeFile(corpus, rows(3))
  expect((await scope("dashboard", corpus, "--out", cut)).code).toBe(0)
  expect((await scope("dashboard", corpus, "--out", whole)).code).toBe(0)
  expect(await readFile(cut, "utf8")).toBe(await readFile(whole, "utf8"))
}, 120_000)
