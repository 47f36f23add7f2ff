/** A guard that needs no model: its judge is a service, a list, an ensemble of them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { invalidRequest } from "../words/Errors.ts"
import { type GuardOptions, readGuardOptions } from "../words/GuardOptions.ts"
import { defaultJudgingLimits } from "../words/JudgingLimits.ts"
import { Opened } from "../words/Opened.ts"
import { PromiseGuard } from "./PromiseGuard.ts"
import { PromiseRunner } from "./PromiseRunner.ts"

/** Whether a guard of these options judges with a model that has to be opened. */
export const needsModel = ({ judge }: Pick<GuardOptions, "judge">): boolean =>
  judge === undefined || judge.usesModel === true

const noModel = Effect.fail(
  invalidRequest("shield", "no model was opened beside the judge", "Use `facet.guard({ judge })` of an open Facet."),
)

/**
 * A guard with a judge of its own and no model behind it: nothing is downloaded or opened, and there is nothing to close.
 *
 * @throws InvalidRequestError that names the option; for no `judge`, or one that asks ShieldGemma
 * @example
 * const judge = wordList({ words: ["bread"] })
 * const answer = guardWithJudge({ judge }).text(async (prompt) => `You asked: ${prompt}`)
 * console.log((await answer("How do I bake bread?")).blocked?.reason) // => flagged
 */
export function guardWithJudge(options: GuardOptions): PromiseGuard {
  const plan = readGuardOptions(options)
  if (needsModel(options)) {
    throw invalidRequest("guard.judge", "without a model there has to be a judge that needs none", "Pass one.")
  }
  // A guard asks for these two alone, and a judge without a model for the limits: no text is ever written here.
  const opened = { guard: noModel, judging: defaultJudgingLimits } as unknown as Opened["Service"]
  const runner = new PromiseRunner(ManagedRuntime.make(Layer.succeed(Opened, opened)))
  return new PromiseGuard(plan, runner)
}
