/** What a guard is told to do, and how it was understood. */
import { checkKnown, checkOneOf, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { Cascade } from "./Cascade.ts"
import { type JudgingPlan, readJudgingPlan, type ShieldOptions } from "./Content.ts"
import { type GuardRole, guardRoles, type JudgedRoles, type WhoseTexts } from "./GuardRole.ts"
import type { Judge } from "./Judge.ts"
import { checkJudges, type Policy } from "./Policy.ts"
import type { Thresholds } from "./Thresholds.ts"

/**
 * When a text is released.
 * - `window`: sentence by sentence, each judged together with what came before it;
 * - `buffer`: all of it, once it is complete;
 * - `audit`: at once; verdicts are told, and nothing is ever blocked.
 */
export type GuardMode = "window" | "buffer" | "audit"

export interface GuardOptions {
  /** Ids, or policies of one's own. Default: the four of ShieldGemma. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
  /**
   * What judges in ShieldGemma's place, by policies of its own: one of `@facet/sdk/judges`, or one of the app's. It is
   * stopped by `timeoutMs`, and one that fails is what `onError` is about.
   */
  readonly judge?: Judge | undefined
  /** What a file of `facet eval --thresholds-out` holds: from which probability on each policy flags. */
  readonly thresholds?: Thresholds | undefined
  /**
   * Probes that judge first: the guard is asked where they are unsure. Those of the model that writes read our own generations
   * while they are written, at no cost; an input that is judged `"before"` is then judged while the answer begins, and nothing of
   * that goes out until the verdict.
   */
  readonly cascade?: Cascade | undefined
  /**
   * Judge what comes in. `"before"` (`true`, the default): before anything is asked for an answer. `"parallel"`: the
   * answer is begun at once, and nothing of it is released until the verdict.
   */
  readonly input?: boolean | "before" | "parallel" | undefined
  /**
   * Whose texts of a prompt are judged, by policies that name no `roles` of their own. Default `["system", "user"]`: all that a model is asked. Leave `system` out where
   * the app writes system texts itself, and no client can; add `assistant` and `tool` where it is a client that tells
   * what they said before.
   * The last message counts as asked, also when it is an assistant's: a model goes on from there.
   */
  readonly roles?: ReadonlyArray<GuardRole> | undefined
  /** Judge what goes out. Default `true`. A mode's name is short for `output: true` and that `mode`. */
  readonly output?: boolean | GuardMode | undefined
  /** Default `"window"`. */
  readonly mode?: GuardMode | undefined
  /**
   * What becomes of a text when judging it fails or takes too long. Default `"block"`. A text that is refused for what it
   * is, such as one that is too long to be judged, is blocked in any case: its writer could choose to go unjudged.
   */
  readonly onError?: "block" | "allow" | undefined
  /** Milliseconds that one judgement may take, its wait in the queue included. Default 30,000. */
  readonly timeoutMs?: number | undefined
  /**
   * Whether a verdict that flags something says which words it hangs on, as with `shield`. It takes the time of up to two
   * more judgements, within `timeoutMs`. Default `false`.
   */
  readonly explain?: ShieldOptions["explain"]
}

/** A guard as it was understood: whatever is wrong with it is said before anything runs. */
export interface GuardPlan extends JudgingPlan {
  readonly input: "before" | "parallel" | undefined
  readonly whose: WhoseTexts
  readonly output: boolean
  readonly mode: GuardMode
  readonly onError: "block" | "allow"
  readonly timeoutMs: number
}

/** An option that is missing here is an error of types. */
const names: Readonly<Record<keyof GuardOptions, true>> = {
  policies: true,
  judge: true,
  thresholds: true,
  cascade: true,
  input: true,
  roles: true,
  output: true,
  mode: true,
  onError: true,
  timeoutMs: true,
  explain: true,
}

/** All options of a guard. */
export const guardOptionNames: ReadonlyArray<keyof GuardOptions> =
  // The keys of an object literal are those of its type.
  Object.keys(names) as Array<keyof GuardOptions>

/** What a guard is told, out of options that hold more. */
export const pickGuardOptions = (options: GuardOptions): GuardOptions =>
  Object.fromEntries(guardOptionNames.map((name) => [name, options[name]]))

const modes = ["window", "buffer", "audit"] as const satisfies ReadonlyArray<GuardMode>
const defaultRoles: ReadonlyArray<GuardRole> = ["system", "user"]
const defaultTimeoutMs = 30_000
/** A timer cannot wait longer. */
const longestTimeoutMs = 2 ** 31 - 1

/**
 * @param path the options' own name, where they are part of others; empty where they are not.
 * @throws InvalidRequestError that names the option
 */
export function readGuardOptions(options: GuardOptions, path = "guard"): GuardPlan {
  checkKnown(options, guardOptionNames, path)
  const at = (option: keyof GuardOptions) => (path === "" ? option : `${path}.${option}`)
  const { onError = "block", timeoutMs = defaultTimeoutMs } = options
  const judging = readJudgingPlan(options, at)
  const { policies } = judging
  const whose = whoseTexts(policies, options.roles ?? defaultRoles)
  checkOneOf(at("input"), options.input, [true, false, "before", "parallel"])
  checkRoles(at("roles"), options.roles ?? whose.roles)
  if (!whose.roles.includes("user")) checkRoles(at("policies"), whose.roles)
  checkOneOf(at("output"), options.output, [true, false, ...modes])
  checkOneOf(at("mode"), options.mode, modes)
  checkOneOf(at("onError"), onError, ["block", "allow"])
  // Written so that NaN fails too.
  if (!(typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= longestTimeoutMs)) {
    throw invalidRequest(at("timeoutMs"), `${show(timeoutMs)} is out of range`, "Use a number of milliseconds above 0.")
  }
  const input = inputOf(options.input)
  const output = options.output !== false
  if (input === undefined && !output) {
    throw invalidRequest(
      path || "output",
      "it guards neither what comes in nor what goes out",
      "Leave `input` or `output` on.",
    )
  }
  for (const policy of policies) {
    if (input !== undefined) checkJudges(policy, "prompt")
    if (output) checkJudges(policy, "response")
  }
  const mode = modeOf(options, at("mode"))
  return { ...judging, input, whose, output, mode, onError, timeoutMs }
}

/** @param others whose texts are judged by policies that name no roles of their own */
function whoseTexts(policies: ReadonlyArray<Policy>, others: ReadonlyArray<GuardRole>): WhoseTexts {
  const groups = new Map<string, JudgedRoles & { readonly policies: Array<string> }>()
  for (const { id, roles = others } of policies) {
    // What is no list of roles is refused where it is checked.
    const judged = guardRoles.filter((role) => Array.isArray(roles) && roles.includes(role))
    const group = groups.get(judged.join()) ?? { roles: judged, policies: [] }
    group.policies.push(id)
    groups.set(judged.join(), group)
  }
  const byPolicy = [...groups.values()]
  const exchange = policies.filter(({ context }) => context === "exchange").map(({ id }) => id)
  return {
    roles:
      byPolicy.length === 0 ? others : guardRoles.filter((role) => byPolicy.some(({ roles }) => roles.includes(role))),
    ...(byPolicy.length > 1 && { byPolicy }),
    ...(exchange.length > 0 && { exchange }),
  }
}

/** A guard that leaves out what the user says is none: `input: false` says that no prompt is judged. */
function checkRoles(path: string, roles: unknown): void {
  if (!Array.isArray(roles)) {
    throw invalidRequest(path, `${show(roles)} is no list of roles`, 'Use a list such as ["user"].')
  }
  for (const [i, role] of roles.entries()) checkOneOf(`${path}[${i}]`, role, guardRoles)
  if (roles.includes("user")) return
  throw invalidRequest(path, "the user is not among them", "Add `user`, or judge no prompt with `input: false`.")
}

function inputOf(input: GuardOptions["input"]): GuardPlan["input"] {
  if (input === false) return undefined
  return input === "parallel" ? "parallel" : "before"
}

/** One mode may be named in two places, but not two modes. */
function modeOf({ mode, output }: GuardOptions, path: string): GuardMode {
  const named = typeof output === "string" ? output : undefined
  if (named !== undefined && mode !== undefined && named !== mode) {
    throw invalidRequest(path, `"${mode}" contradicts output: "${named}"`, "Name one mode.")
  }
  return mode ?? named ?? "window"
}
