/** A side in a process of its own: `node sideProcess.ts NAME`, asked by messages. */
import { watchLag } from "../watchLag.ts"
import { clocks } from "./Clock.ts"
import { openSides } from "./openSides.ts"
import type { Side } from "./Task.ts"
import type { Answer, Question } from "./startSide.ts"

let side: Side | undefined

async function answer(question: Question): Promise<Answer> {
  if (question.type === "open") {
    const open = await openSides[question.side]()
    const now = clocks[question.opening.clock]
    const startedAt = now()
    side = await open(question.opening)
    return { type: "measured", sample: { openMs: now() - startedAt } }
  }
  if (side === undefined) throw new Error("nothing is open yet")
  if (question.type === "describe") return { type: "described", settings: side.settings, version: side.version }
  if (question.type === "close") {
    await side.close()
    return { type: "measured", sample: {} }
  }
  return { type: "measured", sample: await measure(side, question) }
}

async function measure(on: Side, { lag, task }: Extract<Question, { readonly type: "measure" }>) {
  const watch = lag ? watchLag() : undefined
  const sample = await run(on, task)
  return { ...sample, ...(watch && { lagMs: watch() }), rssBytes: process.memoryUsage.rss() }
}

async function run(on: Side, task: Extract<Question, { readonly type: "measure" }>["task"]) {
  if (task.kind === "read") return { ...(await on.read(task)) }
  if (task.kind === "repeat") return { ...(await on.repeat(task)) }
  if (task.kind === "converse") return { firstMs: await on.converse(task) }
  if (task.kind === "judge") return { totalMs: await on.judge(task) }
  return { totalMs: await on.together(task) }
}

async function reply(question: Question): Promise<void> {
  try {
    process.send?.(await answer(question))
  } catch (error) {
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    process.send?.({ type: "failed", problem } satisfies Answer)
  }
}

process.on("message", (question: Question) => void reply(question))
