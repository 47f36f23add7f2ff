/** Finds candidates by their letters, and asks libraries that know the forms whether they are what they look like. */
import { type CountryCode, findPhoneNumbersInText, isSupportedCountry } from "libphonenumber-js"
import isCreditCard from "validator/lib/isCreditCard.js"
import isEmail from "validator/lib/isEmail.js"
import isIBAN from "validator/lib/isIBAN.js"
import isIP from "validator/lib/isIP.js"
import { invalidRequest } from "../../words/Errors.ts"
import type { TextSpan } from "../../words/Redaction.ts"
import type { PersonalDataKind } from "./personalData.ts"

type Test = (candidate: string) => boolean

/** A module of CommonJS comes as its function, or as an object that holds it: it depends on who loads it. */
const functionOf = (module: unknown): Test =>
  // The package's types say what the function takes.
  (typeof module === "function" ? module : (module as { readonly default: unknown }).default) as Test

const isIpAddress = functionOf(isIP)
/** `::` alone is an address, and no one's. */
const isAddress: Test = (candidate) => /[\da-f]/i.test(candidate) && isIpAddress(candidate)

/** Each is bounded, so that no text makes it slow. */
const candidates: Readonly<Record<Exclude<PersonalDataKind, "phone">, readonly [form: RegExp, test: Test]>> = {
  email: [/[^\s<>()[\],;:"'@]{1,64}@[^\s<>()[\],;:"'@/?#]{1,253}/gu, functionOf(isEmail)],
  credit_card: [/(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)/g, functionOf(isCreditCard)],
  iban: [/(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])/g, functionOf(isIBAN)],
  ip_address: [/(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F]{0,4}(?::[\da-fA-F]{0,4}){2,7})(?![\w:])/g, isAddress],
}

/**
 * Where such data stands in a text.
 *
 * @param country of telephone numbers without a country code
 */
export function* findPersonalData(kind: PersonalDataKind, text: string, country?: string): Generator<TextSpan> {
  if (kind === "phone") return yield* findPhones(text, country)
  const [form, test] = candidates[kind]
  for (const { 0: found, index } of text.matchAll(form)) {
    const data = startsOf(found).find((start) => test(start))
    if (data !== undefined) yield { start: index, end: index + data.length }
  }
}

/** What is written in groups may be followed by what belongs to the sentence. */
function startsOf(found: string): ReadonlyArray<string> {
  const groups = found.replace(/[.!?]+$/, "").split(" ")
  return groups.map((_, i) => groups.slice(0, groups.length - i).join(" "))
}

function* findPhones(text: string, country: string | undefined): Generator<TextSpan> {
  if (country !== undefined && !isSupportedCountry(country)) {
    throw invalidRequest("country", `no telephone numbers of ${country} are known`, "Use a code of ISO 3166.")
  }
  // It was just looked up.
  const defaultCountry = country as CountryCode | undefined
  for (const { endsAt, startsAt } of findPhoneNumbersInText(
    text,
    defaultCountry === undefined ? {} : { defaultCountry },
  ))
    yield { start: startsAt, end: endsAt }
}
