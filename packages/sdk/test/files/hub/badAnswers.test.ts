/** Whatever a hub answers and whatever is written as a source: a typed error or a sound result, and nothing outside. */
import { afterEach, assert, describe, it, vi } from "vitest"
import { tries } from "../../../../../test/campaign.ts"
import { isFacetError } from "../../../src/words/Errors.ts"
import { lookUpRepository } from "../../../src/files/hub/lookUpRepository.node.ts"
import { readModelSource } from "../../../src/files/hub/ModelSource.ts"
import { neededFiles } from "../../../src/files/hub/neededFiles.ts"

/** A generator of Lehmer's, so that a failure comes again. */
const lehmer = (start: number) => {
  let state = start
  return (below: number): number => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

const hub = { endpoint: "https://hub.example", repository: "google/gemma-2-2b-it", revision: "main", hasToken: false }
const info = { _id: "1", id: hub.repository, sha: "a".repeat(40), gated: "manual", cardData: { license: "gemma" } }
const tree = [
  { type: "file", oid: "b".repeat(40), size: 10, path: "config.json" },
  { type: "file", oid: "b".repeat(40), size: 10, path: "tokenizer.json" },
  {
    type: "file",
    oid: "c".repeat(40),
    size: 134,
    path: "model.safetensors",
    lfs: { oid: "d".repeat(64), size: 1000, pointerSize: 134 },
  },
  { type: "directory", oid: "e".repeat(40), size: 0, path: "onnx" },
]

const strange: ReadonlyArray<unknown> = [
  null,
  true,
  -1,
  1e308,
  "",
  "..",
  "../../x",
  "/etc/passwd",
  "C:\\x",
  "a\u0000b",
  "x/./y",
  [],
  {},
  "\ud800",
]

/** Changes one value somewhere inside, or removes it. */
function mutated(value: unknown, random: (below: number) => number): unknown {
  const copy: unknown = structuredClone(value)
  let at: unknown = copy
  for (;;) {
    if (typeof at !== "object" || at === null) return strange[random(strange.length)]
    const record = at as Record<string, unknown>
    const keys = Object.keys(record)
    const key = keys[random(Math.max(1, keys.length))]
    if (key === undefined) return copy
    const inner = record[key]
    if (typeof inner === "object" && inner !== null && random(3) > 0) {
      at = inner
      continue
    }
    if (random(4) === 0) delete record[key]
    else record[key] = strange[random(strange.length)]
    return copy
  }
}

const spoilt = (text: string, random: (below: number) => number): string => {
  const at = random(text.length + 1)
  return random(2) === 0 ? text.slice(0, at) : text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1)
}

afterEach(() => vi.unstubAllEnvs())

describe("a hub that answers anything", () => {
  it("gives a sound list or a typed error", async () => {
    const random = lehmer(7)
    const outcomes = { sound: 0, refused: 0 }
    for (let i = 0; i < tries(1500); i++) {
      const answers = new Map<string, string>([
        ["/revision/", JSON.stringify(random(2) === 0 ? mutated(info, random) : info)],
        ["/tree/", JSON.stringify(random(2) === 0 ? mutated(tree, random) : tree)],
      ])
      const fetch = (url: string): Promise<Response> => {
        const [, text = ""] = [...answers].find(([part]) => url.includes(part)) ?? []
        const body = random(10) === 0 ? spoilt(text, random) : text
        return Promise.resolve(new Response(body, { headers: { "content-type": "application/json" } }))
      }
      try {
        const found = await lookUpRepository(hub, "", fetch, { retryDelaysMs: [] })
        assert.match(found.commit, /^[\da-f]{40}$/)
        for (const { path, size } of found.files) {
          assert.notMatch(path, /(^|\/)\.{0,2}(\/|$)|[\\:]|\p{Cc}/u)
          assert.isTrue(Number.isSafeInteger(size) && size >= 0, `${path} has ${size} bytes`)
        }
        outcomes.sound++
        neededFiles(
          "page",
          found.files.map(({ path }) => path),
        )
      } catch (error) {
        if (!isFacetError(error)) throw error
        outcomes.refused++
      }
    }
    assert.isAbove(outcomes.sound, 100)
    assert.isAbove(outcomes.refused, 100)
  })
})

describe("a source that is written anyhow", () => {
  it("is read or refused", () => {
    const random = lehmer(11)
    const forms = [
      "google/gemma-2-2b-it@v1",
      "hf:a/b/c.gguf@v1",
      "kaggle:google/gemma-2/transformers/x/2",
      "ollama:gemma2:2b",
      "https://huggingface.co/a/b/resolve/main/c.gguf",
      "./a.gguf",
    ]
    for (let i = 0; i < tries(5000); i++) {
      let text = forms[random(forms.length)] ?? ""
      for (let changes = random(4); changes >= 0; changes--) text = spoilt(text, random)
      try {
        const source = readModelSource(text)
        if (source.kind === "hub")
          assert.notMatch(`${source.repository}/${source.revision ?? ""}/${source.file ?? ""}`, /\/\.\.(\/|$)/)
        if (source.kind === "ollama") assert.notMatch(`${source.path}/${source.tag}`, /(^|\/)\.\.(\/|$)/)
      } catch (error) {
        if (!isFacetError(error)) throw error
      }
    }
  })
})
