import { assert, describe, it } from "@effect/vitest"
import type { ReadPart } from "../../../src/effects/tools/CallReader.ts"
import { ToolCallReader } from "../../../src/effects/tools/ToolCallReader.ts"

/** What is read of a text that comes in these pieces: deltas and texts joined. */
function read(pieces: ReadonlyArray<string>) {
  let count = 0
  const reader = new ToolCallReader(() => `call ${++count}`)
  const parts: ReadonlyArray<ReadPart> = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]
  return {
    text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    inputs: parts.map((part) => (part.type === "tool-input-delta" ? part.delta : "")).join(""),
    calls: parts.flatMap((part) => (part.type === "tool-call" ? [{ name: part.name, input: part.input }] : [])),
  }
}

const hard = String.raw`{"a":"}\"{\\","b":{"c":["[","{"]}}`
const one = `{"name": "dig", "parameters": ${hard}}`
const compact = `{"name":"fly-to_2","parameters":{}}`
const dug = { name: "dig", input: JSON.parse(hard) }
const flown = { name: "fly-to_2", input: {} }

const texts: ReadonlyArray<readonly [text: string, read: ReturnType<typeof read>]> = [
  ['Just [text], {with} {"braces"}.', { text: 'Just [text], {with} {"braces"}.', inputs: "", calls: [] }],
  ['It may begin: [{"nam', { text: 'It may begin: [{"nam', inputs: "", calls: [] }],
  [one, { text: "", inputs: hard, calls: [dug] }],
  [`Let me see. ${compact}`, { text: "Let me see. ", inputs: "{}", calls: [flown] }],
  [`Now: [${one}, ${compact}]`, { text: "Now: ", inputs: `${hard}{}`, calls: [dug, flown] }],
  [`[${compact},${compact},${one}]`, { text: "", inputs: `{}{}${hard}`, calls: [flown, flown, dug] }],
  [one.slice(0, -1), { text: "", inputs: hard, calls: [] }],
  [one.slice(0, 20), { text: "", inputs: "", calls: [] }],
]

describe("ToolCallReader", () => {
  it.each(texts)("reads %s", (text, expected) => {
    assert.deepStrictEqual(read([text]), expected)
  })

  it.each(texts)("reads the same however it was cut: %s", (text, expected) => {
    for (let size = 1; size < 9; size++) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, "gu")) ?? []
      assert.deepStrictEqual(read(pieces), expected, `pieces of ${size}`)
    }
    for (let at = 1; at < text.length; at++) {
      assert.deepStrictEqual(read([text.slice(0, at), text.slice(at)]), expected, `cut at ${at}`)
    }
  })
})
