import { checkKnown, checkOneOf } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { Judge } from "../../words/Judge.ts"
import type { TextSpan } from "../../words/Redaction.ts"
import { checkFindings, type FindingSettings, judgeOfFinders } from "./Findings.ts"
import { placedPieces } from "./inPieces.ts"
import { settingNames } from "./JudgeSettings.ts"

export const personalDataKinds = ["email", "phone", "credit_card", "iban", "ip_address"] as const
export type PersonalDataKind = (typeof personalDataKinds)[number]

export interface PersonalDataOptions extends FindingSettings {
  /** What is looked for; each is a policy. Default: all. */
  readonly kinds?: ReadonlyArray<PersonalDataKind> | undefined
  /** The country whose telephone numbers are written without a country code, as ISO 3166: `"US"`. Default: none is. */
  readonly country?: string | undefined
}

/** Read at once, some milliseconds' work; pieces overlap by more than the longest address has letters. */
const pieceCharacters = 2048

/** The longest form is that of an e-mail address: 64 characters, an @, and 253 more (RFC 5321). */
const longestForm = 320
/** A text may be long, and others wait for this thread: after so many milliseconds they have their turn. */
const turnMs = 4

/**
 * Personal data by its form: e-mail addresses, credit cards (with their check digit), IBANs (with theirs) and IP addresses by the
 * package `validator`, telephone numbers by `libphonenumber-js`. Names, addresses and whatever has no form of its own are not
 * found.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const { policies } = await facet.shield("Write to jane@example.com.", { judge: personalData({ kinds: ["email"] }) })
 * console.log(policies[0]?.policy, policies[0]?.flagged) // => email true
 */
export function personalData(options: PersonalDataOptions = {}): Judge {
  checkKnown(options, ["kinds", "country", "precision", ...settingNames])
  const { country, kinds = personalDataKinds } = options
  if (!Array.isArray(kinds) || kinds.length === 0) {
    throw invalidRequest("kinds", "it is no list, or an empty one", `Name some of ${personalDataKinds.join(", ")}.`)
  }
  for (const [i, kind] of kinds.entries()) checkOneOf(`kinds[${i}]`, kind, personalDataKinds)
  checkFindings(options, kinds)
  if (country !== undefined && !(typeof country === "string" && /^[A-Z]{2}$/.test(country))) {
    throw invalidRequest("country", "it is no code of ISO 3166", 'Use one such as "US".')
  }
  return judgeOfFinders(
    "personalData",
    async ({ signal }) => {
      // Loaded with the first text: what knows the world's telephone numbers is large.
      const { findPersonalData } = await import("./findPersonalData.ts")
      const spansOf = async function* (kind: PersonalDataKind, text: string): AsyncGenerator<TextSpan> {
        let turn = performance.now()
        for (const { start, text: piece } of placedPieces(text, pieceCharacters)) {
          for (const span of findPersonalData(kind, piece, country)) {
            yield { start: start + span.start, end: start + span.end }
          }
          if (performance.now() - turn > turnMs) {
            await new Promise((resolve) => setTimeout(resolve))
            turn = performance.now()
          }
          signal.throwIfAborted()
        }
      }
      return kinds.map((policy) => ({
        policy,
        isIn: async (text: string) => (await spansOf(policy, text).next()).done !== true,
        spansIn: async (text: string) => {
          const spans: Array<TextSpan> = []
          for await (const span of spansOf(policy, text)) spans.push(span)
          return spans
        },
      }))
    },
    options,
    longestForm,
  )
}
