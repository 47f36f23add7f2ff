/** Formats of strings: what is written in one is what the library that names it takes. */
import { assert, describe, it } from "@effect/vitest"
import { z } from "zod"
import { tries } from "../../../../../../test/campaign.ts"
import type { JsonRecord } from "../../../../src/words/Json.ts"
import { schemaAutomaton, writeAtRandom } from "../../../fixtures/constraint.ts"
import { forSeeds } from "../../../fixtures/random.ts"

const cases: Readonly<Record<string, z.ZodType>> = {
  base64: z.base64(),
  base64url: z.base64url(),
  cidrv4: z.cidrv4(),
  cidrv6: z.cidrv6(),
  cuid: z.cuid(),
  cuid2: z.cuid2(),
  date: z.iso.date(),
  "date-time": z.iso.datetime({ offset: true }),
  duration: z.iso.duration(),
  e164: z.e164(),
  email: z.email(),
  emoji: z.emoji(),
  guid: z.guid(),
  hex: z.hex(),
  hostname: z.hostname(),
  ipv4: z.ipv4(),
  ipv6: z.ipv6(),
  jwt: z.jwt(),
  ksuid: z.ksuid(),
  lowercase: z.string().lowercase(),
  mac: z.mac(),
  nanoid: z.nanoid(),
  ulid: z.ulid(),
  uppercase: z.string().uppercase(),
  uri: z.url(),
  uuid: z.uuid(),
  xid: z.xid(),
}
/** Those that have no format of their own, or a pattern that says more. */
const others: Readonly<Record<string, z.ZodType>> = {
  "a credit card": z.stringFormat("card", /^\d(?:[ -]?\d){11,18}$/),
  "a hash": z.hash("sha256"),
  "a local time": z.iso.datetime({ local: true }),
  "a mac with dashes": z.mac({ delimiter: "-" }),
  "a positive number": z.number().positive(),
  "a template": z.templateLiteral(["v", z.int(), ".", z.enum(["a", "b"])]),
  "a word at another": z.stringFormat("words", new RegExp(String.raw`^\w+\@[\w-.]{2}\_$`)),
  "an address by its rfc": z.email({ pattern: z.regexes.rfc5322Email }),
}

const written = (schema: JsonRecord, type: z.ZodType) =>
  forSeeds(tries(2, 50), (random) => {
    const automaton = schemaAutomaton(schema)
    const room = Math.ceil(automaton.start.distance * (1 + random.below(3) / 2)) + 2
    const { isWhole, text } = writeAtRandom(automaton, random, room)
    const { error, success } = type.safeParse(JSON.parse(text))
    assert.isTrue(isWhole && success, `${text}: ${error?.message}`)
  })

describe("a text in a format", () => {
  it.each(Object.entries(cases))("is one to whoever names it: %s", (format, type) => {
    written({ type: "string", format }, type)
    written(z.toJSONSchema(type), type)
  })

  it.each(Object.entries(others))("is one to whoever says it with a pattern: %s", (_name, type) =>
    written(z.toJSONSchema(type), type),
  )
})
