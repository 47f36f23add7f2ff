import { checkKnown, checkOneOf } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { Judge } from "../../words/Judge.ts"
import { checkPrecision, type FindingSettings, judgementOfFindings } from "./Findings.ts"
import { readingsOf } from "./foldText.ts"
import { piecesOf } from "./inPieces.ts"
import { checkSettings, settingNames } from "./JudgeSettings.ts"

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

/** A text may be long, and others wait for this thread. */
const othersRun = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

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
  checkSettings(options)
  checkPrecision(options.precision)
  const { country, kinds = personalDataKinds } = options
  if (!Array.isArray(kinds) || kinds.length === 0) {
    throw invalidRequest("kinds", "it is no list, or an empty one", `Name some of ${personalDataKinds.join(", ")}.`)
  }
  for (const [i, kind] of kinds.entries()) checkOneOf(`kinds[${i}]`, kind, personalDataKinds)
  if (country !== undefined && !(typeof country === "string" && /^[A-Z]{2}$/.test(country))) {
    throw invalidRequest("country", "it is no code of ISO 3166", 'Use one such as "US".')
  }
  return {
    name: "personalData",
    judge: async (content, call) => {
      // Loaded with the first text: what knows the world's telephone numbers is large.
      const { findPersonalData } = await import("./findPersonalData.ts")
      const found = new Set<PersonalDataKind>()
      for (const piece of readingsOf(content, call).flatMap((text) => piecesOf(text, pieceCharacters))) {
        for (const kind of kinds) {
          if (!found.has(kind) && findPersonalData(kind, piece, country)) found.add(kind)
        }
        await othersRun()
        call.signal.throwIfAborted()
      }
      return judgementOfFindings(
        kinds.map((kind) => [kind, found.has(kind)]),
        options,
      )
    },
  }
}
