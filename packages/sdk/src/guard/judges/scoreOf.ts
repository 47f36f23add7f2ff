import { show } from "../../words/Checks.ts"
import { unreadable } from "./askService.ts"

/** @throws JudgeError for what is no number from 0 to 1: a service that changed is one that did not judge */
export function scoreOf(judge: string, name: string, value: unknown): number {
  // Written so that NaN fails too.
  if (typeof value === "number" && value >= 0 && value <= 1) return value
  throw unreadable(judge, `its ${name} is ${show(value).slice(0, 40)}, and no score from 0 to 1`)
}
