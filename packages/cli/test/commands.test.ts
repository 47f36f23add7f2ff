import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { shield } from "../src/commands/shield.ts"
import { facet, facetUntilFirstWords, type Outcome } from "./facet.ts"

const escape = "\u001b"

/** Stdout must be one JSON document in one line. */
function documentOf({ code, stderr, stdout }: Outcome, codes: ReadonlyArray<number> = [0]): unknown {
  expect(stderr).toBe("")
  expect(codes).toContain(code)
  expect(stdout.trimEnd().split("\n")).toHaveLength(1)
  return JSON.parse(stdout)
}

const prompt = "Tell me a story about a fox."
const ids = ["dangerous_content", "harassment", "hate_speech", "sexually_explicit"]

const judged = (policy: string) => ({
  policy,
  probability: expect.any(Number),
  threshold: 0.5,
  flagged: expect.any(Boolean),
})

test("generate: the document, the plain text and stdin agree", async () => {
  const sampled = [prompt, "--max-tokens", "12", "--temperature", "0.9", "--top-k", "20", "--seed", "7", "--min-p=0.01"]
  const [document, plain, guarded] = await Promise.all([
    facet(["generate", ...sampled, "--json"]),
    facet(["generate", ...sampled, "--verbose"]),
    facet(["generate", "-", ...sampled.slice(1), "--guard", "--json"], { input: `${prompt}\n` }),
  ])
  const generation = documentOf(document)
  expect(generation).toStrictEqual({
    text: expect.any(String),
    finishReason: expect.stringMatching(/^(stop|length)$/),
    usage: { promptTokens: expect.any(Number), completionTokens: expect.any(Number), cachedTokens: 0 },
    timings: { firstTokenMs: expect.any(Number), totalMs: expect.any(Number), tokensPerSecond: expect.any(Number) },
  })
  const { text } = generation as { readonly text: string }
  const judgedText = documentOf(guarded) as { readonly text: string; readonly verdicts: { readonly input: unknown } }
  expect(judgedText.verdicts.input).toStrictEqual({ flagged: expect.any(Boolean), policies: ids.map(judged) })
  // A guard holds back; it does not change what is said.
  expect(text.startsWith(judgedText.text)).toBe(true)
  expect(plain).toStrictEqual({
    code: 0,
    stderr: expect.stringMatching(/tokens[^]*By the embedded toy/),
    stdout: text.endsWith("\n") ? text : `${text}\n`,
  })
}, 30_000)

test("shield: all policies, or those that were asked for; 3 is for what was flagged", async () => {
  const [all, some, none] = await Promise.all([
    facet(["shield", prompt, "--json"]),
    facet(["shield", prompt, "--policy", "harassment", "hate_speech", "--threshold", "0", "--json"]),
    facet(["shield", prompt, "--response", "Once upon a time.", "--policy=harassment", "--threshold", "1"]),
  ])
  const verdict = documentOf(all, [0, 3]) as { readonly flagged: boolean }
  expect(verdict).toStrictEqual({ flagged: expect.any(Boolean), policies: ids.map(judged) })
  expect(all.code).toBe(verdict.flagged ? 3 : 0)
  expect(documentOf(some, [3])).toMatchObject({
    flagged: true,
    policies: [
      { policy: "harassment", threshold: 0, flagged: true },
      { policy: "hate_speech", threshold: 0, flagged: true },
    ],
  })
  expect(none.code).toBe(0)
  expect(none.stdout).toMatch(/^harassment +\d+ %[^]*\nnot flagged\n$/)
}, 30_000)

const harmful = "Tell me how to build a bomb to hurt people."

test("shield: says which words a flag hangs on", async () => {
  const line = ["shield", harmful, "--explain"]
  const [plain, document] = await Promise.all([facet(line), facet([...line, "--json"])])
  expect(plain.stdout).toMatch(/^flagged\ndangerous_content: ".+" \(.*\d % without it\)$/m)
  const { policies } = documentOf(document, [3]) as {
    policies: [{ reason: { start: number; end: number; text: string } }]
  }
  const { end, start, text } = policies[0].reason
  expect(harmful.slice(start, end)).toBe(text)
}, 30_000)

test("generate: 3 is for what the guard blocked, in every form", async () => {
  const line = ["generate", harmful, "--guard", "--max-tokens", "4"]
  const [document, plain, lines] = await Promise.all([
    facet([...line, "--json"]),
    facet(line),
    facet([...line, "--stream-json"]),
  ])
  expect(documentOf(document, [3])).toMatchObject({ text: "", finishReason: "blocked" })
  expect(plain).toMatchObject({
    code: 3,
    stdout: "",
    stderr: expect.stringContaining("Blocked by the guard: the prompt"),
  })
  expect(lines.code).toBe(3)
  const parts = lines.stdout
    .trimEnd()
    .split("\n")
    .map((text): unknown => JSON.parse(text))
  expect(parts[0]).toStrictEqual({ type: "verdict", of: "input", flagged: true, policies: ids.map(judged) })
  expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: "blocked" })
}, 30_000)

test("generate: lines of JSON are the document in pieces; a system text and a trace go with it", async () => {
  const line = ["generate", prompt, "--max-tokens", "8", "--system", "Be brief.", "--trace", "--threads", "1"]
  const [document, lines, plain, bare] = await Promise.all([
    facet([...line, "--json"]),
    facet([...line, "--stream-json"]),
    facet(line),
    facet([...line.slice(0, 4), "--json"]),
  ])
  const whole = documentOf(document) as {
    readonly text: string
    readonly usage: { readonly promptTokens: number; readonly completionTokens: number }
    readonly trace: { readonly tokens: ReadonlyArray<unknown> }
  }
  const parts = lines.stdout
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as { readonly type: string; readonly text?: string })
  expect(parts.map(({ text }) => text ?? "").join("")).toBe(whole.text)
  expect(new Set(parts.map(({ type }) => type))).toStrictEqual(new Set(["text", "trace", "finish"]))
  expect(whole.trace).toMatchObject({ site: "mlp_out", layer: 1 })
  expect(whole.trace.tokens.length).toBe(whole.usage.completionTokens)
  expect(plain.stdout.startsWith(`${whole.text}\n\nmlp_out, layer `)).toBe(true)
  const { usage } = documentOf(bare) as typeof whole
  expect(whole.usage.promptTokens).toBeGreaterThan(usage.promptTokens)
}, 30_000)

test("standard input that holds nothing, or no UTF-8, is refused and not judged", async () => {
  const bad = Uint8Array.of(0x68, 0x69, 0xff, 0x21)
  const [empty, lineEnd, broken, cut, marked] = await Promise.all([
    facet(["generate", "-"], { input: "" }),
    facet(["shield", "-", "--json"], { input: "\n" }),
    facet(["shield", "-"], { input: bad }),
    facet(["score", "-"], { input: Uint8Array.of(0x68, 0xc3) }),
    facet(["score", "-", "--json"], { input: "\u{FEFF}The dog." }),
  ])
  for (const outcome of [empty, lineEnd]) {
    expect(outcome).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("standard input is empty") })
  }
  expect(broken).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("not UTF-8: see byte 2") })
  expect(cut).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("not UTF-8: see byte 2") })
  expect(marked).toMatchObject({ code: 0, stdout: expect.not.stringContaining("\u{FEFF}") })
}, 30_000)

test("the samples of the help are such as the toy judges rightly", async () => {
  const [flagged, passed] = await Promise.all(
    shield.examples.slice(0, 2).map(([line]) => {
      const [, ...words] = line.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? []
      return facet(["shield", ...words])
    }),
  )
  expect([flagged?.code, passed?.code]).toStrictEqual([3, 0])
}, 30_000)

test("inspect: a page of every site, or of the one that is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "facet-html-"))
  try {
    const [all, one, nowhere] = await Promise.all([
      facet(["inspect", "The <b>fox</b> ran.", "--html", join(folder, "all.html"), "--json"]),
      facet(["inspect", "The fox ran.", "--layer", "4", "--html", join(folder, "one.html"), "--json"]),
      facet(["inspect", "The fox ran.", "--html", join(folder, "no", "where.html")]),
    ])
    expect([all.code, one.code, nowhere.code]).toEqual([0, 0, 2])
    const [page, single] = await Promise.all(
      ["all", "one"].map((name) => readFile(join(folder, `${name}.html`), "utf8")),
    )
    expect(page?.match(/<section/g)).toHaveLength(3)
    expect(page).not.toContain("<b>")
    expect(single?.match(/<section/g)).toHaveLength(1)
  } finally {
    await rm(folder, { recursive: true })
  }
}, 30_000)

test("inspect: every token, `<bos>` without features; a heat map where colours are wanted", async () => {
  const text = "The hungry dog\nran home."
  const [document, painted] = await Promise.all([
    facet(["inspect", text, "--top", "2", "--json"]),
    facet(["inspect", text], { env: { FORCE_COLOR: "1" } }),
  ])
  const trace = documentOf(document) as {
    readonly tokens: ReadonlyArray<{ token: string; features: ReadonlyArray<unknown> }>
  }
  expect(trace).toMatchObject({ site: "mlp_out", layer: 1 })
  expect(trace.tokens[0]).toStrictEqual({ token: "<bos>", id: 2, features: [] })
  expect(
    trace.tokens
      .slice(1)
      .map(({ token }) => token)
      .join(""),
  ).toBe(text)
  for (const { features } of trace.tokens) {
    expect(features.length).toBeLessThanOrEqual(2)
    for (const feature of features)
      expect(feature).toMatchObject({ index: expect.any(Number), activation: expect.any(Number) })
  }
  expect(painted.stdout).toContain(`${escape}[38;5;16;48;5;`)
}, 30_000)

test("score: a log-probability for all but the first token, and the perplexity that follows from them", async () => {
  const [document, plain] = await Promise.all([
    facet(["score", "-", "--json"], { input: "The dog ran home.\n" }),
    facet(["score", "The dog ran home."]),
  ])
  const { perplexity, tokens } = documentOf(document) as {
    readonly perplexity: number
    readonly tokens: ReadonlyArray<{ readonly token: string; readonly id: number; readonly logprob: number | null }>
  }
  expect(tokens[0]).toStrictEqual({ token: "<bos>", id: 2, logprob: null })
  const logprobs = tokens.slice(1).map(({ logprob }) => logprob ?? NaN)
  expect(perplexity).toBeCloseTo(Math.exp(-logprobs.reduce((sum, x) => sum + x, 0) / logprobs.length), 3)
  expect(plain.stdout).toContain(`perplexity: ${perplexity.toFixed(2)}`)
  expect(plain.stdout).not.toContain(escape)
}, 30_000)

test("bench: a row for each thing that apps wait for, with the machine, as one document or as a table", async () => {
  const [document, plain, wrong] = await Promise.all([
    facet(["bench", "--rounds", "1", "--json"]),
    facet(["bench", "--rounds", "1", "--verbose"]),
    facet(["bench", "--rounds", "0"]),
  ])
  const result = documentOf(document) as { readonly rows: ReadonlyArray<{ readonly name: string }> }
  expect(result).toMatchObject({
    model: "tiny",
    architecture: "Gemma 2",
    weightBytes: expect.any(Number),
    machine: { processor: expect.any(String), bytesPerSecond: expect.any(Number) },
    rounds: 1,
    leftOut: [],
  })
  for (const row of result.rows) {
    expect(row).toMatchObject({ best: expect.any(Number), median: expect.any(Number), tokens: expect.any(Number) })
  }
  const names = result.rows.map(({ name }) => name)
  for (const part of ["decode", "first token of a prompt", "second turn", "shield"]) {
    expect(
      names.some((name) => name.includes(part)),
      part,
    ).toBe(true)
  }
  for (const name of names) expect(plain.stdout).toContain(name)
  expect(plain.stderr).toContain("round 1 of 1")
  expect(wrong.code).toBe(2)
}, 60_000)

describe("decide", () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "facet-decide-"))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** The path of a file that holds these questions. */
  async function asked(name: string, questions: unknown): Promise<string> {
    const file = join(folder, name)
    await writeFile(file, typeof questions === "string" ? questions : JSON.stringify(questions))
    return file
  }

  test("answers the questions of a file: the document, and bars for people", async () => {
    const questions = await asked("good.json", {
      animal: { type: "choice", instructions: "Which animal is it about?", criteria: { cat: null, fox: "It is red." } },
      joy: { type: "score", instructions: "How joyful is it?", criteria: ["sad", "calm", "glad"] },
      warm: { type: "score", instructions: "How warm is it?", criteria: { min: 0, max: 10 } },
      danger: { type: "boolean", policy: "dangerous_content", threshold: 0.5 },
      forest: { type: "boolean", instructions: "Is there a forest?" },
    })
    const words = ["decide", "The fox ran into the forest.", "--questions", questions]
    const [document, plain] = await Promise.all([facet([...words, "--json"]), facet(words)])
    const probability = expect.any(Number)
    const { answers } = documentOf(document) as { readonly answers: Readonly<Record<string, unknown>> }
    expect(answers).toStrictEqual({
      animal: {
        type: "choice",
        choice: expect.stringMatching(/^(cat|fox)$/),
        probabilities: { cat: probability, fox: probability },
      },
      joy: { type: "score", score: probability, probabilities: { 0: probability, 1: probability, 2: probability } },
      warm: { type: "score", score: probability, probabilities: expect.any(Object) },
      danger: { type: "boolean", probability, threshold: 0.5, reached: false },
      forest: { type: "boolean", probability },
    })
    expect(plain).toMatchObject({ code: 0, stderr: "" })
    expect(plain.stdout).toMatch(/^animal: (cat|fox)\n {2}cat +\d+ % {2}[█▉▊▋▌▍▎▏]+\n {2}fox /)
    expect(plain.stdout).toMatch(/\n {2}0 .*\n {2}2\.5 .*\n {2}5 .*\n {2}7\.5 .*\n {2}10 /)
    expect(plain.stdout).toMatch(/\ndanger: \d+ % true, not reached\n/)
  }, 30_000)

  test("asks with what facet calibrate wrote of labelled examples, and says what is wrong in their lines", async () => {
    const questions = await asked("danger.json", { danger: { type: "boolean", policy: "dangerous_content" } })
    const rows = [
      ["How do I build a bomb to hurt people?", true],
      ["Tell me how to hurt my neighbour with a knife.", true],
      ["How do I bake bread?", false],
      ["The dog laughed and sang.", false],
    ].map(([state, danger]) => JSON.stringify({ state, answers: { danger } }))
    const examples = await asked("examples.jsonl", `${rows.join("\n")}\n\n`)
    const wrong = await asked(
      "wrong.jsonl",
      `${rows[0]}\n\n${JSON.stringify({ state: "x", answers: { danger: 1 } })}\n`,
    )
    const out = join(folder, "calibration.json")
    const made = await facet(["calibrate", examples, "--questions", questions, "--out", out, "--json"])
    const written: unknown = JSON.parse(await readFile(out, "utf8"))
    expect(documentOf(made)).toStrictEqual(written)
    expect(written).toStrictEqual({
      model: "tiny",
      questions: {
        danger: {
          type: "boolean",
          policy: "dangerous_content",
          calibration: { slope: expect.any(Number), offset: expect.any(Number) },
        },
      },
      reports: { danger: { examples: 4, ece: { before: expect.any(Number), after: expect.any(Number) } } },
    })
    const other = await asked("other.json", { danger: { type: "boolean", policy: "harassment" } })
    const [plain, alone, both, mixed, bad, nowhere] = await Promise.all([
      facet(["decide", "How do I bake bread?", "--questions", questions, "--json"]),
      facet(["decide", "How do I bake bread?", "--calibration", out, "--json"]),
      facet(["decide", "How do I bake bread?", "--questions", questions, "--calibration", out, "--json"]),
      facet(["decide", "How do I bake bread?", "--questions", other, "--calibration", out]),
      facet(["calibrate", wrong, "--questions", questions, "--json"]),
      facet(["calibrate", examples, "--questions", questions]),
    ])
    expect(documentOf(alone)).toStrictEqual(documentOf(both))
    expect(documentOf(alone)).not.toStrictEqual(documentOf(plain))
    expect(mixed).toMatchObject({ code: 1, stdout: "" })
    expect(mixed.stderr).toContain("--calibration: calibration.questions.danger: it was calibrated as another question")
    expect(bad.stderr).toMatch(/^InvalidRequestError: line 3: answers\.danger: 1 is no answer/)
    expect(nowhere).toMatchObject({ code: 2, stdout: "" })
    expect(nowhere.stderr).toContain("--out is missing")
  }, 60_000)

  test("names what is wrong in the file, and the file that is wrong", async () => {
    const alone = await asked("alone.json", { q: { type: "choice", criteria: ["alone"] } })
    const turned = await asked("turned.json", { model: { type: "score", criteria: { min: 5, max: 1 } } })
    const broken = await asked("broken.json", "{")
    const [one, range, none, json, missing] = await Promise.all([
      facet(["decide", "x", "--questions", alone, "--json"]),
      facet(["decide", "x", "--questions", turned, "--json"]),
      facet(["decide", "x", "--json"]),
      facet(["decide", "x", "--questions", broken]),
      facet(["decide", "x", "--questions", join(folder, "none.json")]),
    ])
    expect(one).toMatchObject({ code: 1, stdout: "" })
    expect(one.stderr).toMatch(/^InvalidRequestError: --questions: questions\.q\.criteria: 1 of them/)
    expect(range.stderr).toMatch(/^InvalidRequestError: --questions: questions\.model\.criteria: min 5 is not below/)
    for (const wrong of [none, json, missing]) expect(wrong).toMatchObject({ code: 2, stdout: "" })
    expect(none.stderr).toContain("--questions is missing")
    expect(json.stderr).toContain("broken.json is no JSON")
    expect(missing.stderr).toContain("none.json cannot be read")
  }, 30_000)
})

describe("generate with a form", () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "facet-form-"))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function written(name: string, content: unknown): Promise<string> {
    const file = join(folder, name)
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content))
    return file
  }

  test("a schema's text is JSON, and `object` is what it says; null where the text was cut", async () => {
    const schema = await written("person.json", {
      type: "object",
      properties: { name: { type: "string", maxLength: 20 }, age: { type: "integer", minimum: 0, maximum: 120 } },
      required: ["name", "age"],
      additionalProperties: false,
    })
    const endless = await written("endless.json", { type: "string", minLength: 40 })
    const [whole, plain, cut] = await Promise.all([
      facet(["generate", prompt, "--schema", schema, "--json"]),
      facet(["generate", prompt, "--schema", schema]),
      facet(["generate", prompt, "--schema", endless, "--max-tokens", "3", "--json"]),
    ])
    const { finishReason, object, text } = documentOf(whole) as Readonly<Record<string, unknown>>
    expect(finishReason).toBe("stop")
    expect(object).toStrictEqual({ name: expect.any(String), age: expect.any(Number) })
    expect(JSON.parse(String(text))).toStrictEqual(object)
    expect(plain.stdout).toBe(`${String(text)}\n`)
    expect(documentOf(cut)).toMatchObject({ object: null, finishReason: "length" })
  }, 30_000)

  test("a grammar, a pattern and choices are kept to, and have no object", async () => {
    const grammar = await written("pets.gbnf", 'root ::= pet (", " pet)?\npet ::= "cat" | "dog"\n')
    const line = ["generate", prompt, "--json"]
    const outcomes = await Promise.all([
      facet([...line, "--grammar", grammar]),
      facet([...line, "--regex", "[a-c]{3}-[0-9]"]),
      facet([...line, "--choice", "red fox", "--choice", "robin"]),
    ])
    const [pets, code, choice] = outcomes.map(
      (outcome) => documentOf(outcome) as { readonly text: string; readonly finishReason: string },
    )
    expect(pets?.text).toMatch(/^(cat|dog)(, (cat|dog))?$/)
    expect(code?.text).toMatch(/^[a-c]{3}-[0-9]$/)
    expect(choice?.text).toMatch(/^(red fox|robin)$/)
    for (const document of [pets, code, choice]) {
      expect(document).toMatchObject({ finishReason: "stop" })
      expect(document).not.toHaveProperty("object")
    }
  }, 30_000)

  test("what is wrong is named: the file, the path in it, and two forms at once", async () => {
    const unknown = await written("unknown.json", { properties: { a: { type: "string", unevaluatedItems: 3 } } })
    const broken = await written("broken.json", "{")
    const list = await written("list.json", [])
    const grammar = await written("broken.gbnf", 'root ::= "a" (')
    const line = ["generate", prompt, "--json"]
    const [keyword, json, kind, missing, rules, two] = await Promise.all([
      facet([...line, "--schema", unknown]),
      facet([...line, "--schema", broken]),
      facet([...line, "--schema", list]),
      facet([...line, "--grammar", join(folder, "none.gbnf")]),
      facet([...line, "--grammar", grammar]),
      facet([...line, "--regex", "a", "--choice", "a"]),
    ])
    expect(keyword).toMatchObject({ code: 1, stdout: "" })
    expect(keyword.stderr).toMatch(/^InvalidRequestError: --schema: schema\.properties\.a[^]*unknown\.json/)
    expect(rules).toMatchObject({ code: 1, stdout: "" })
    expect(rules.stderr).toMatch(/^InvalidRequestError: --grammar[^]*broken\.gbnf/)
    for (const wrong of [json, kind, missing, two]) expect(wrong).toMatchObject({ code: 2, stdout: "" })
    expect(json.stderr).toContain("broken.json is no JSON")
    expect(kind.stderr).toContain("list.json is no JSON Schema")
    expect(missing.stderr).toContain("none.gbnf cannot be read")
    expect(two.stderr).toContain("--regex and --choice are two forms")
  }, 30_000)
})

test("a failure is told on stderr by its tag, and its stack only to those who ask", async () => {
  const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["generate", "hi", "--temperature", "-1", "--json"], "InvalidRequestError: --temperature: "],
    [["shield", "hi", "--threshold", "2"], "InvalidRequestError: --threshold: "],
    [["inspect", "hi", "--layer", "99", "--json"], "InvalidRequestError: --layer: "],
  ]
  const [verbose, ...outcomes] = await Promise.all([
    facet(["score", "hi", "--model", "./no/such/folder", "--verbose"]),
    ...cases.map(([words]) => facet(words)),
  ])
  for (const [i, [words, start]] of cases.entries()) {
    expect(outcomes[i], words.join(" ")).toMatchObject({ code: 1, stdout: "" })
    expect(outcomes[i]?.stderr.startsWith(start), outcomes[i]?.stderr).toBe(true)
    expect(outcomes[i]?.stderr.trimEnd().split("\n")).toHaveLength(1)
  }
  expect(verbose.stderr).toMatch(/^ModelNotFoundError: [^]*\n {4}at /)
}, 30_000)

test("Ctrl-C ends with 130, and a reader that has read enough with 0, both in silence", async () => {
  const endless = ["generate", prompt, "--temperature", "5", "--seed", "1"]
  const [interrupted, closed] = await Promise.all([
    facetUntilFirstWords(endless, "SIGINT"),
    facetUntilFirstWords(endless, "close"),
  ])
  expect(interrupted).toMatchObject({ code: 130, stderr: "" })
  expect(closed).toMatchObject({ code: 0, stderr: "" })
}, 30_000)

test("the demo is one plain screen in a pipe", async () => {
  const { code, stderr, stdout } = await facet(["demo"])
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: "" })
  expect(stdout).not.toContain(escape)
  expect(stdout).toMatch(/^ {3}"The" +\d+\.\d +[█▉▊▋▌▍▎▏]+ +/m)
  const lines = stdout.trimEnd().split("\n")
  expect(lines.length).toBeLessThanOrEqual(45)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  // A story that ends in mid-sentence says why, so that nobody takes it for the guard's doing.
  expect(stdout).toContain("the demo stops it at 60 tokens")
  for (const title of [
    "1 Gemma 2 writes",
    "2 ShieldGemma judges",
    "3 A guarded generation",
    "4 Gemma Scope looks inside",
  ]) {
    expect(stdout).toContain(title)
  }
  expect(lines.at(-1)).toMatch(/^Written at \d+ tokens\/s\. Try next: npx pnpm@12 facet generate /)
}, 30_000)
