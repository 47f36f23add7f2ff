import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { helpOf, parseFlags } from "../readFlags.ts"

const bench = {
  command: "npx pnpm@12 bench:walk",
  about: "How fast a dog walks.",
  operands: "DOG",
  flags: {
    rounds: { type: "string", default: "3", value: "N", about: "rounds, in turn" },
    pace: { type: "string", multiple: true, value: "P", of: ["slow", "fast"], about: "how it walks" },
    rain: { type: "boolean", about: "in the rain" },
  },
} as const

test("flags are read as their table says", () => {
  expect(parseFlags(bench, ["rex", "--rounds", "0.5", "--pace", "fast", "--rain"])).toMatchObject({
    values: { rounds: "0.5", pace: ["fast"], rain: true },
    operands: ["rex"],
  })
  expect(parseFlags(bench, []).values.rounds).toBe("3")
})

test("the help has every flag, its values and what it is otherwise", () => {
  expect(helpOf(bench)).toBe(
    [
      "npx pnpm@12 bench:walk DOG [OPTIONS]",
      "",
      "How fast a dog walks.",
      "",
      "  --rounds N  rounds, in turn (default 3)",
      "  --pace P    how it walks (slow, fast; several are allowed)",
      "  --rain      in the rain",
      "  --help      this text",
      "",
    ].join("\n"),
  )
})

test.each([
  ["--rounds many", "--rounds: many is no number"],
  ["--rounds=-1", "--rounds: -1 is no number"],
  ["--rounds=", "--rounds"],
  ["--pace slow --pace lame", "--pace: lame is none of slow, fast"],
  ["--snow", "--snow"],
])("%s is refused by name", (words, message) => {
  expect(() => parseFlags(bench, words.split(" "))).toThrow(message)
})

test("every benchmark that has a script reads its flags so", async () => {
  const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8")
  const { scripts } = JSON.parse(await read("package.json")) as { readonly scripts: Record<string, string> }
  const entries = Object.values(scripts).flatMap((script) => /bench\/\S+\.ts/.exec(script) ?? [])
  expect(entries.length).toBeGreaterThan(10)
  for (const entry of entries) {
    const text = await read(entry)
    const parts = [...text.matchAll(/import\("\.\/([^"]+)"\)/g)].map(([, name]) => `bench/${name}`)
    for (const source of parts.length === 0 ? [text] : await Promise.all(parts.map(read))) {
      expect(source, entry).toMatch(/readFlags\(|readOptions\(/)
    }
  }
})
