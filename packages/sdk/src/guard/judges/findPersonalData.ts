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

const isCard = functionOf(isCreditCard)
const isCardInGroups: Test = (candidate) => isCard(candidate.replaceAll(/\D/g, ""))

/**
 * Each is bounded, so that no text makes it slow. Around them stands what texts put around words: quotation marks, Markdown, escapes,
 * a port behind an address.
 */
const candidates: Readonly<Record<Exclude<PersonalDataKind, "phone">, readonly [form: RegExp, test: Test]>> = {
  email: [/[\p{L}\p{N}][^\s<>()[\],;:"'@\\|{}`]{0,63}@[\p{L}\p{N}\p{M}.-]{1,253}/gu, functionOf(isEmail)],
  credit_card: [/(?<!\d)\d(?:[ .\u2010-\u2015-]?\d){11,18}(?!\d)/g, isCardInGroups],
  iban: [/(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])/g, functionOf(isIBAN)],
  ip_address: [
    /(?<![\p{L}\p{N}.])\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\p{N}])|(?<![\p{L}\p{N}.:])[\da-fA-F]{0,4}(?::[\da-fA-F]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?![\p{L}\p{N}:])/gu,
    isAddress,
  ],
}

/**
 * Where such data stands in a text.
 *
 * @param country of telephone numbers without a country code
 */
export function* findPersonalData(kind: PersonalDataKind, text: string, country?: string): Generator<TextSpan> {
  if (kind === "phone") return yield* findPhones(text, country)
  const [form, test] = candidates[kind]
  const search = new RegExp(form)
  for (let match = search.exec(text); match !== null; match = search.exec(text)) {
    const { 0: found, index } = match
    const data = startsOf(found).find((start) => test(start))
    if (data !== undefined) yield { start: index, end: index + data.length }
    // What is none may begin with what belongs to the sentence.
    search.lastIndex = index + (data ?? firstGroup(found)).length
  }
}

/** Before another one may begin. */
const firstGroup = (found: string): string => /^(?:[^@]*@|[\p{L}\p{N}]+|[^])/u.exec(found)?.[0] ?? found

/** So many ends are tried: nobody writes more groups. */
const mostEnds = 16

/** What is written in groups may be followed by what belongs to the sentence. The longest comes first. */
const startsOf = (found: string): ReadonlyArray<string> => [
  ...new Set([
    found,
    ...Array.from(found.matchAll(/[ .\u2010-\u2015-]+/g), ({ index }) => found.slice(0, index))
      .toReversed()
      .slice(0, mostEnds),
  ]),
]

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
