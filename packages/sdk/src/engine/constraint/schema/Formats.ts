/**
 * Formats of strings, as patterns. Each lets through a part of what its standard does, such that every validator agrees.
 */
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?"
const hostname = `${label}(?:\\.${label}){0,4}`
const domain = `(?:${label}\\.){1,4}[A-Za-z]{2,12}`
const email = `[A-Za-z0-9_+-]+(?:\\.[A-Za-z0-9_+-]+)*@${domain}`
const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
const ipv4 = `${octet}(?:\\.${octet}){3}`
const group = "[0-9A-Fa-f]{1,4}"

/** All eight groups, or some on both sides of a gap. */
const ipv6 = [
  `(?:${group}:){7}${group}`,
  ...Array.from({ length: 7 }, (_, before) => {
    const after = 6 - before
    const left = before === 0 ? "" : `${group}(?::${group}){0,${before - 1}}`
    const right = after === 0 ? "" : `(?:${group}(?::${group}){0,${after - 1}})?`
    return `${left}::${right}`
  }),
].join("|")

const leapYear = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
const date = [
  "[0-9]{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
  "[0-9]{4}-(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
  "[0-9]{4}-02-(?:0[1-9]|1[0-9]|2[0-8])",
  `${leapYear}-02-29`,
].join("|")
const clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
const time = `${clock}(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])`
const seconds = "[0-9]{1,9}S"
const minutes = `(?:[0-9]{1,9}M(?:${seconds})?|${seconds})`
const hours = `(?:[0-9]{1,9}H(?:${minutes})?|${minutes})`
const days = "[0-9]{1,9}D"
const months = `(?:[0-9]{1,9}M(?:${days})?|${days})`
const years = `(?:[0-9]{1,9}Y(?:${months})?|${months})`
const duration = `P(?:[0-9]{1,9}W|${years}(?:T${hours})?|T${hours})`
const path = "(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]*)*"
const query = "(?:\\?[A-Za-z0-9._~!$&'()*+,;=:@/?-]*)?"
const fragment = "(?:#[A-Za-z0-9._~!$&'()*+,;=:@/?-]*)?"
const uri = `(?:https?|ftp|wss?)://${domain}(?::[1-9][0-9]{0,3})?${path}${query}${fragment}|mailto:${email}`
const uuid = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
export const base64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
export const base64url = "(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?"
const pointer = "(?:/(?:[^~/]|~0|~1)*)*"
const cidrv4 = `${ipv4}/(?:3[0-2]|[12]?[0-9])`
const cidrv6 = `(?:${ipv6})/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])`
/** Validators look into the first part: it is one that says an algorithm and the type. */
const jwtHeaders = ["HS256", "RS256", "ES256"].map((alg) =>
  btoa(JSON.stringify({ alg, typ: "JWT" })).replace(/=+$/, ""),
)
const jwtPart = "(?:[A-Za-z0-9_-]{4})+(?:[A-Za-z0-9_-]{2,3})?"
const jwt = `(?:${jwtHeaders.join("|")})\\.${jwtPart}\\.${jwtPart}`

const patterns: Readonly<Record<string, string>> = {
  date,
  time,
  duration,
  email,
  hostname,
  ipv4,
  ipv6,
  uri,
  uuid,
  "date-time": `(?:${date})T${time}`,
  "idn-email": email,
  "idn-hostname": hostname,
  "uri-reference": uri,
  iri: uri,
  "iri-reference": uri,
  url: uri,
  "uri-template": uri,
  "iso-time": time,
  "iso-date-time": `(?:${date})T${time}`,
  "json-pointer": pointer,
  "json-pointer-uri-fragment": "#(?:/(?:[A-Za-z0-9_.-]|~0|~1)*)*",
  "relative-json-pointer": `(?:0|[1-9][0-9]{0,5})(?:#|${pointer})`,
  regex: "[A-Za-z0-9 _,;:@-]*",
  byte: base64,
  // What is hidden as it is typed, and the bytes of a file, may be any text.
  password: "[^]*",
  binary: "[^]*",
}

/** Those that libraries of schemas name, and no validator of JSON Schema knows: they say what they mean with a pattern. */
const named: Readonly<Record<string, string>> = {
  base64,
  base64url,
  cidrv4,
  cidrv6,
  jwt,
  guid: "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
  nanoid: "[A-Za-z0-9_-]{21}",
  cuid: "c[0-9a-z]{8,24}",
  cuid2: "[a-z][0-9a-z]{1,31}",
  ulid: "[0-7][0-9A-HJKMNP-TV-Z]{25}",
  xid: "[0-9a-v]{20}",
  ksuid: "[A-Za-z0-9]{27}",
  e164: "\\+[1-9][0-9]{6,14}",
  mac: "[0-9A-F]{2}(?::[0-9A-F]{2}){5}",
  hex: "[0-9a-fA-F]*",
  emoji: "(?:\\p{Emoji_Presentation})+",
  lowercase: "[^\\p{Lu}\\p{Lt}A-Z]*",
  uppercase: "[^\\p{Ll}\\p{Lt}a-z]*",
}

/**
 * The pattern of a format's whole texts; undefined of one that is not known.
 *
 * @param hasPattern whether a pattern stands beside it, as one that libraries name may be of many kinds.
 */
export function patternOfFormat(format: string, hasPattern: boolean): string | undefined {
  const known = hasPattern ? patterns : { ...named, ...patterns }
  return Object.hasOwn(known, format) ? `^(?:${known[format]})$` : undefined
}

export const knownFormats = [...Object.keys(patterns), ...Object.keys(named)]

/** Formats of numbers, of OpenAPI: each with the bounds that it means. */
export const numberFormats: Readonly<Record<string, readonly [least: number, most: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-Infinity, Infinity],
  uint64: [0, Infinity],
  float: [-Infinity, Infinity],
  double: [-Infinity, Infinity],
}
