/** The guards that a command names: models, and judges out of modules. */
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import {
  checkJudge,
  invalidRequest,
  isRecord,
  type Judge,
  type Policy,
  type Thresholds,
  type Verdict,
  verdictOfJudgement,
  withThresholds,
} from "@facet/sdk/words"
import type { OpenOptions } from "@facet/sdk"
import type { Console } from "../Console.ts"
import { openFacet } from "../Opening.ts"
import type { DatasetRow } from "./readDataset.ts"

/** What judges rows. */
export interface OpenGuard extends AsyncDisposable {
  /** For people, and for what is kept of it. */
  readonly name: string
  readonly judge: (content: DatasetRow["content"]) => Promise<Verdict>
  /** What a cascade's probes say before it. */
  readonly probe?: (content: DatasetRow["content"]) => Promise<Verdict>
}

export interface GuardWish {
  readonly model: string | undefined
  /** A module whose default export is a judge. */
  readonly judge: string | undefined
  readonly policies: ReadonlyArray<string | Policy> | undefined
  readonly thresholds: Thresholds | undefined
  /** Of a cascade. */
  readonly probes?: ReadonlyArray<Policy> | undefined
  readonly device: Pick<OpenOptions, "device" | "threads">
}

export async function openGuard(console: Console, wish: GuardWish): Promise<OpenGuard> {
  const { device, model, policies, probes, thresholds } = wish
  const judge = wish.judge === undefined ? undefined : await loadJudge(wish.judge)
  if (judge !== undefined && judge.usesModel !== true && probes === undefined) return alone(console, judge, thresholds)
  const facet = await openFacet(console, { ...(model !== undefined && { shield: model }), ...device })
  const options = {
    ...(judge === undefined ? policies && { policies } : { judge }),
    ...(thresholds && { thresholds }),
    signal: console.signal,
  }
  return {
    name: judge?.name ?? model ?? "tiny",
    judge: (content) => facet.shield(content, options),
    ...(probes && { probe: (content) => facet.shield(content, { policies: probes, signal: console.signal }) }),
    [Symbol.asyncDispose]: () => facet.close(),
  }
}

/** A judge that asks no model has none opened. */
function alone({ signal }: Console, judge: Judge, thresholds: Thresholds | undefined): OpenGuard {
  const shield = () =>
    Promise.reject(invalidRequest("judge", "it asks ShieldGemma, and does not say so", "Set its `usesModel` to true."))
  return {
    name: judge.name,
    judge: async ({ prompt, response }) => {
      signal.throwIfAborted()
      const content = { prompt, response }
      const said = await judge.judge(content, { original: content, shield, signal })
      const verdict = verdictOfJudgement(judge, said, content)
      return thresholds === undefined ? verdict : withThresholds(verdict, thresholds)
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function loadJudge(file: string): Promise<Judge> {
  const remedy = "Name a module whose default export is a judge, such as one of @facet/sdk/judges."
  const module: unknown = await import(pathToFileURL(resolve(file)).href).catch((cause: unknown) => {
    throw invalidRequest(
      "judge",
      `${file} cannot be loaded (${cause instanceof Error ? cause.message : String(cause)})`,
      remedy,
    )
  })
  const judge = isRecord(module) ? module["default"] : undefined
  if (judge === undefined) throw invalidRequest("judge", `${file} has no default export`, remedy)
  checkJudge("judge", judge)
  // It is no `undefined`.
  return judge as Judge
}
