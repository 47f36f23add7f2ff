/** What is judged, and by what. */
import { checkKnown, checkNumber, checkUnicode, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { Generation } from "./Generation.ts"
import type { Policy } from "./Policy.ts"
import { promptMessages } from "./Prompt.ts"
import type { ReasonFeatures } from "./Request.ts"
import { readSite } from "./Site.ts"
import { promptReadings } from "./promptReadings.ts"

/** What is judged: a prompt; a prompt and its response; a response alone; a finished generation. */
export type Content = string | { readonly prompt?: string; readonly response?: string } | Generation

export interface ShieldOptions {
  /** Ids, or policies that the app defined. Default: the four of ShieldGemma. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
  /**
   * Whether a verdict that flags something says which words it hangs on: see {@link VerdictReason}. Costs at most what two
   * verdicts cost, and nothing where nothing is flagged. Default `false`.
   */
  readonly explain?: boolean | ExplainOptions | undefined
}

/** What an explanation tells beside the words. */
export interface ExplainOptions {
  /**
   * So many features of Gemma Scope for each policy that is flagged, from 1 on: the autoencoders are those of the model that
   * writes, which has to be as wide as the guard. Left out, none are looked for.
   */
  readonly features?: number | undefined
  /** Which autoencoder, as for `inspect`: one that writes to the residual stream, `resid_post` or `mlp_out`. */
  readonly layer?: number | undefined
  readonly site?: string | undefined
}

const shieldOptionNames = ["policies", "explain"] as const satisfies ReadonlyArray<keyof ShieldOptions>

/** @throws InvalidRequestError that names the option. */
export function checkShieldOptions(options: ShieldOptions): void {
  checkKnown(options, shieldOptionNames)
  readExplain(options.explain)
}

const featureCount = { min: 1, max: 64, integer: true }

/**
 * What is to be explained; undefined where nothing is.
 *
 * @param option its path, for the error.
 * @throws InvalidRequestError that names the option.
 */
export function readExplain(
  explain: ShieldOptions["explain"],
  option = "explain",
): { readonly features?: Omit<ReasonFeatures, "of"> } | undefined {
  if (explain === undefined || explain === false) return undefined
  if (explain === true) return {}
  if (typeof explain !== "object" || explain === null) {
    throw invalidRequest(
      option,
      `${show(explain)} where true or false is expected`,
      "Pass `true`, or `{ features: 5 }`.",
    )
  }
  checkKnown(explain, ["features", "layer", "site"], option)
  const { features: topK, layer, site } = explain
  const where = readSite({ layer, site }, `${option}.`)
  if (topK === undefined) return {}
  checkNumber(`${option}.features`, topK, featureCount)
  return { features: { topK, ...where } }
}

/** A content's two sides. */
export interface ContentTexts {
  readonly prompt: string | undefined
  readonly response: string | undefined
}

/** @throws InvalidRequestError when there is neither a prompt nor a response, or when one of them is not Unicode. */
export function readContent(content: Content): ContentTexts {
  const { prompt, response } = textsOf(content)
  if (prompt !== undefined) checkUnicode("prompt", prompt)
  if (response !== undefined) checkUnicode("response", response)
  if (prompt === undefined && response === undefined) checkUnicode("content", undefined)
  return { prompt, response }
}

function textsOf(content: Content): ContentTexts {
  if (typeof content === "string") return { prompt: content, response: undefined }
  if (content === null || typeof content !== "object") return { prompt: content, response: undefined }
  if ("finishReason" in content) {
    return { prompt: promptReadings(promptMessages(content.prompt), ["user"]).question, response: content.text }
  }
  return { prompt: content.prompt, response: content.response }
}
