import { execFileSync } from "node:child_process"
import { expect, test } from "vitest"
import { convert } from "../src/commands/convert.ts"
import { generate } from "../src/commands/generate.ts"
import { pull } from "../src/commands/pull.ts"
import { shield } from "../src/commands/shield.ts"
import { readArguments } from "../src/readArguments.ts"
import { UsageError } from "../src/UsageError.ts"
import { facet } from "./facet.ts"

test("help and version are on stdout, with examples", async () => {
  const [top, version, command] = await Promise.all([
    facet(["--help"]),
    facet(["--version"]),
    facet(["inspect", "--help"]),
  ])
  expect(top).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining('facet generate "') })
  expect(version).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  expect(command).toMatchObject({ code: 0, stderr: "" })
  expect(command.stdout).toMatch(/Usage\n[^]*Options\n[^]*--top K [^]*Examples\n[^]* facet inspect /)
}, 20_000)

test("help is a word too, and -v a short one", async () => {
  const [top, help, command, named, short, version, unknown, both] = await Promise.all([
    facet(["--help"]),
    facet(["help"]),
    facet(["inspect", "--help"]),
    facet(["help", "inspect"]),
    facet(["-v"]),
    facet(["--version"]),
    facet(["help", "bogus"]),
    facet(["generate", "hi", "--json", "--stream-json"]),
  ])
  expect(help).toStrictEqual(top)
  expect(named).toStrictEqual(command)
  expect(short).toStrictEqual(version)
  expect(unknown).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("no command bogus") })
  expect(both).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("choose one of them") })
}, 20_000)

test("every command and option is completed, by bash in earnest", async () => {
  const [bash, zsh, fish, unknown] = await Promise.all([
    ...["bash", "zsh", "fish"].map((shell) => facet(["completion", shell])),
    facet(["completion", "tcsh"]),
  ] as const)
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("bash, zsh and fish") })
  for (const script of [bash, zsh, fish]) {
    expect(script).toMatchObject({ code: 0, stderr: "" })
    for (const word of ["generate", "inspect", "completion", "max-tokens", "stream-json"]) {
      expect(script?.stdout).toContain(word)
    }
  }
  const complete = (...words: ReadonlyArray<string>): ReadonlyArray<string> => {
    const asking = `COMP_WORDS=(facet ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _facet; echo "\${COMPREPLY[@]}"`
    return execFileSync("bash", ["-c", `${bash?.stdout}\n${asking}`], { encoding: "utf8" })
      .trim()
      .split(" ")
  }
  expect(complete("ge")).toStrictEqual(["generate"])
  expect(complete("help", "insp")).toStrictEqual(["inspect"])
  expect(complete("generate", "--stream")).toStrictEqual(["--stream-json"])
  expect(complete("shield", "--max")).toStrictEqual([""])
}, 20_000)

test("a wrong command line ends with 2 and says what is wrong, on stderr alone", async () => {
  const [nothing, command, option] = await Promise.all([
    facet([]),
    facet(["bogus"]),
    facet(["generate", "hi", "--max-tokens", "many", "--json"]),
  ])
  expect(nothing).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("Commands") })
  expect(command).toStrictEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(
      /^UsageError: there is no command bogus\. Commands: [^\n]+\nRun facet --help [^\n]+\n$/,
    ),
  })
  expect(option).toStrictEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(
      /^UsageError: --max-tokens takes a number, not "many"\nRun facet generate --help [^\n]+\n$/,
    ),
  })
}, 20_000)

test.each([
  [[], "PROMPT is missing"],
  [["two", "words"], "Put the text in quotes"],
  [["hi", "--bogus"], "there is no option --bogus"],
  [["hi", "-x"], "there is no option -x"],
  [["hi", "--seed", ""], '--seed takes a number, not ""'],
  [["hi", "--seed", "0x10"], '--seed takes a number, not "0x10"'],
  [["hi", "--model"], "--model needs a value"],
  [["hi", "--stop", "--json"], "--stop needs a value before --json"],
  [["hi", "--json=yes"], "--json takes no value"],
  [["hi", "--model", ""], "--model is empty"],
  [["hi", "--stop="], "--stop is empty"],
])("generate %j is refused: %s", (words, problem) => {
  expect(() => generate.read(words)).toThrow(UsageError)
  expect(() => generate.read(words)).toThrow(problem)
})

test("a name that is empty is none, and a text that is empty is one", () => {
  expect(() => pull.read([""])).toThrow("SOURCE is empty")
  expect(() => convert.read(["in", ""])).toThrow("OUT is empty")
  expect(readArguments(["", "--response", ""], shield.options).values).toStrictEqual({ response: "" })
})

test("words become a text and values", () => {
  const read = (...words: ReadonlyArray<string>) => readArguments(words, { ...generate.options, ...shield.options })
  expect(read("hi", "--temperature", "-1", "--top-k=40", "--seed", "1e3", "--guard")).toStrictEqual({
    operands: ["hi"],
    values: { temperature: -1, topK: 40, seed: 1000, guard: true },
  })
  expect(read("--stop", "a", "hi", "--stop", "--", "--stop=--json").values).toStrictEqual({
    stop: ["a", "--", "--json"],
  })
  expect(read("hi", "--policy", "harassment", "hate_speech").values).toStrictEqual({
    policies: ["harassment", "hate_speech"],
  })
  expect(read("--policy", "harassment", "hi", "--json")).toStrictEqual({
    operands: ["hi"],
    values: { policies: ["harassment"], json: true },
  })
  expect(read("--json", "--", "--hi")).toStrictEqual({ operands: ["--hi"], values: { json: true } })
  expect(read("-").operands).toStrictEqual(["-"])
  expect(read("").operands).toStrictEqual([""])
})

test("whose messages a guard judges is said to a guard alone, and by names that there are", async () => {
  const [unguarded, unknown, noUser] = await Promise.all([
    facet(["serve", "--roles", "user"]),
    facet(["serve", "--guard", "--roles", "user,robot"]),
    facet(["serve", "--guard", "--roles", "system"]),
  ])
  expect(unguarded).toMatchObject({ code: 2, stderr: expect.stringContaining("Add --guard") })
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("not robot") })
  expect(noUser).toMatchObject({ code: 2, stderr: expect.stringContaining("Add user") })
})
