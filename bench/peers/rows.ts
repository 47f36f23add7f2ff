/** What is measured, in the order in which it is measured. */
import { type Costs, decodeFloor, prefillFloor } from "./floors.ts"
import type { Speeds } from "./probe.ts"
import type { TaskMaker } from "./TaskMaker.ts"
import type { Task } from "./Task.ts"

/** A line of the table. */
export interface Row {
  readonly title: string
  /** Of the sample's figures. */
  readonly key: string
  readonly unit: "ms" | "ms/token" | "MB"
  /** Times this, from what was measured to the unit. */
  readonly scale?: number
  /** In the row's unit. */
  readonly floor?: (costs: Costs, speeds: Speeds) => number
}

/** One thing that all sides do in turn, and the lines that come of it. */
export interface Work {
  readonly name: string
  readonly rows: ReadonlyArray<Row>
  readonly make: (maker: TaskMaker, seed: number) => Task
  /** Whether the event loop is watched meanwhile. */
  readonly lag?: boolean
  /** Whether the model must be one that judges. */
  readonly judges?: boolean
}

const writtenTokens = 24
const answerTokens = 200
const streams = { count: 4, length: 17, tokens: 32 }
const repeated = { length: 129, tokens: 64 }
const lagTokens = 64
const pauseMs = 5_000
const judgedWords = 200

/** Tokens of a second turn, about: the floor of an answer that is there already. */
const turnTokens = 36

export const openRow: Row = { title: "open, files in the system's cache", key: "openMs", unit: "ms" }
export const memoryRow: Row = { title: "memory after one generation (RSS)", key: "rssBytes", unit: "MB", scale: 1e-6 }

export const works = (contexts: ReadonlyArray<number>): ReadonlyArray<Work> => [
  ...contexts.filter((context) => context < 1000).map(contextWork),
  lagWork,
  shortTurnWork,
  togetherWork,
  repeatWork,
  judgeWork,
  ...contexts.filter((context) => context >= 1000).map(contextWork),
  turnWork("at once", 0),
  turnWork(`after a pause of ${pauseMs / 1000} s`, pauseMs),
]

const contextWork = (context: number): Work => ({
  name: `context ${context}`,
  rows: [
    {
      title: `decode, context ${context}`,
      key: "tokenMs",
      unit: "ms/token",
      floor: (costs, speeds) => decodeFloor(costs, speeds, context + writtenTokens / 2),
    },
    {
      title: `prefill ${context}`,
      key: "firstMs",
      unit: "ms",
      floor: (costs, speeds) => prefillFloor(costs, speeds, context),
    },
  ],
  make: (maker, seed) => maker.read(seed, context, writtenTokens),
})

const lagWork: Work = {
  name: "event loop",
  rows: [{ title: "event-loop lag while decoding (p99)", key: "lagMs", unit: "ms" }],
  make: (maker, seed) => maker.read(seed, 33, lagTokens),
  lag: true,
}

const shortTurnWork: Work = {
  name: "second turn, short",
  rows: [
    {
      title: "second turn after an answer of 16 tokens, first token",
      key: "firstMs",
      unit: "ms",
      floor: (costs, speeds) => prefillFloor(costs, speeds, turnTokens),
    },
  ],
  make: (maker, seed) => maker.converse(seed, 16, 0),
}

const turnWork = (when: string, pause: number): Work => ({
  name: `second turn, ${when}`,
  rows: [
    {
      title: `second turn after an answer of ${answerTokens} tokens, ${when}, first token`,
      key: "firstMs",
      unit: "ms",
      floor: (costs, speeds) => prefillFloor(costs, speeds, turnTokens),
    },
  ],
  make: (maker, seed) => maker.converse(seed, answerTokens, pause),
})

const togetherWork: Work = {
  name: `${streams.count} streams at once`,
  rows: [
    {
      title: `${streams.count} streams at once, prompts of ${streams.length} tokens included`,
      key: "totalMs",
      unit: "ms/token",
      scale: 1 / (streams.count * streams.tokens),
      floor: (costs, speeds) =>
        Math.max(
          decodeFloor(costs, speeds, streams.length) / streams.count,
          prefillFloor(costs, speeds, streams.count, streams.count) / streams.count,
        ),
    },
  ],
  make: (maker, seed) => maker.together(seed, streams.count, streams.length, streams.tokens),
}

const repeatWork: Work = {
  name: "text that repeats",
  rows: [{ title: "decode of text that repeats its prompt", key: "tokenMs", unit: "ms/token" }],
  make: (maker, seed) => maker.repeat(seed, repeated.length, repeated.tokens),
}

const judgeWork: Work = {
  name: "four policies",
  rows: [
    {
      title: `shield, four policies over ${judgedWords} words`,
      key: "totalMs",
      unit: "ms",
      // The prompts have some 45 tokens before the content, and after it 80 to 160, of which each policy has its own.
      floor: (costs, speeds) => prefillFloor(costs, speeds, judgedWords + 45 + 4 * 110, 0),
    },
  ],
  make: (maker, seed) => maker.judge(seed, judgedWords),
  judges: true,
}
