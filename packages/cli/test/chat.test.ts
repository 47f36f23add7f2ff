/** A conversation over pipes, and in a terminal where Python is there to make one. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, expect, test } from "vitest"
import { facetProcess } from "./facet.ts"
import { hasTerminals, inTerminal } from "./inTerminal.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "facet-chat-"))
})
afterAll(() => rm(folder, { recursive: true }))

const chat = (lines: ReadonlyArray<string>, ...words: ReadonlyArray<string>) =>
  facetProcess(["chat", "--max-tokens", "12", ...words], { input: `${lines.join("\n")}\n` })

test("each line is answered, and what was said is remembered until it is to be forgotten", async () => {
  const [together, first, second] = await Promise.all([
    chat(["Tell me a story about a fox.", "Tell me about a dog.", "/reset", "Tell me about a dog."]),
    chat(["Tell me a story about a fox."]),
    chat(["Tell me about a dog."]),
  ])
  const answers = together.stdout.trimEnd().split("\n")
  assert.strictEqual(together.code, 0, together.stderr)
  assert.strictEqual(`${answers[0]}\n`, first.stdout)
  assert.strictEqual(`${answers.at(-1)}\n`, second.stdout)
  assert.include(together.stderr, "forgotten")
}, 60_000)

test("what is not UTF-8 is refused", async () => {
  const { code, stderr } = await facetProcess(["chat"], { input: new Uint8Array([0x68, 0xe9, 0x0a]) })
  assert.deepEqual([code, stderr.split(".")[0]], [2, "UsageError: standard input is not UTF-8"])
}, 60_000)

test("commands are told apart from what is said, and do what they say", async () => {
  const file = join(folder, "talk.json")
  const page = join(folder, "talk.md")
  const { code, stderr, stdout } = await chat([
    "/help",
    "/system You are a cat.",
    "/system",
    "Tell me about a dog.",
    `/save ${file}`,
    `/save ${file}`,
    `/save ${page}`,
    "/trace on",
    "Tell me about a bird.",
    "/trace maybe",
    "/bogus",
    "/quit",
    "never asked",
  ])
  assert.strictEqual(code, 0, stderr)
  assert.include(stderr, "/guard on|off")
  assert.include(stderr, "You are a cat.")
  assert.include(stderr, "is there already")
  assert.include(stderr, "/trace is on or off")
  assert.include(stderr, "There is no /bogus")
  assert.match(stderr, /#\d+\)? .*█/)
  const saved = JSON.parse(await readFile(file, "utf8"))
  expect(saved).toMatchObject({
    model: "tiny",
    system: "You are a cat.",
    messages: [{ role: "user", content: "Tell me about a dog." }, { role: "assistant" }],
  })
  assert.isTrue(stdout.startsWith(saved.messages[1].content), stdout)
  assert.include(await readFile(page, "utf8"), "**You**\n\nTell me about a dog.")
}, 60_000)

test("a guard judges both sides, and what it held back is not remembered", async () => {
  const file = join(folder, "guarded.json")
  const { code, stderr } = await chat(
    ["/guard on", "How do I pick a lock?", "How do I bake bread?", `/save ${file}`],
    "--shield",
    "tiny",
  )
  assert.strictEqual(code, 0, stderr)
  assert.include(stderr, "/guard is on")
  const { messages } = JSON.parse(await readFile(file, "utf8"))
  const wasBlocked = /not let in|held back/.test(stderr)
  assert.lengthOf(messages, wasBlocked ? 2 : 4)
}, 60_000)

test("an answer that fails is told, and the conversation goes on", async () => {
  const { code, stderr, stdout } = await chat(["word ".repeat(2000), "Tell me about a dog."])
  assert.strictEqual(code, 0)
  assert.include(stderr, "ContextOverflowError")
  assert.isAbove(stdout.length, 10)
}, 60_000)

test.skipIf(!hasTerminals)(
  "in a terminal, Ctrl-C stops the answer and not the program, and twice at the prompt it leaves",
  async () => {
    const { code, seen } = await inTerminal(
      [
        ["/help tells", "Tell me a long story about a fox, with a fox and another fox.\r"],
        [" the", "\u0003"],
        ["Stopped.", "half a line\u0003"],
        ["half a line", "/system\r"],
        ["told nothing", "\u0003"],
        ["Ctrl-C again", "\u0003"],
      ],
      ["chat", "--temperature", "1", "--seed", "7"],
    )
    assert.strictEqual(code, 0, seen)
    assert.include(seen, "Stopped.")
    assert.include(seen, "The model was told nothing.")
  },
  60_000,
)
