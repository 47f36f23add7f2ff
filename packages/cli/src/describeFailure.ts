/** How a failure is told. */
import { flagOf, type OptionSpecs } from "./Options.ts"

/** `Tag: message`, in one paragraph; options are named as they are typed. */
export function describeFailure(error: unknown, options: OptionSpecs, verbose: boolean): string {
  if (!(error instanceof Error)) return `Error: ${String(error)}`
  const line = `${tagOf(error)}: ${withFlag(error, options)}`
  const frames = /^ {4}at [^]*/m.exec(error.stack ?? "")?.[0]
  return verbose && frames !== undefined ? `${line}\n${frames}` : line
}

const tagOf = (error: Error): string => ("_tag" in error && typeof error._tag === "string" ? error._tag : error.name)

/** A place in a file is told as it is, whatever words are in the file's name or in its fields. */
const placed = /(?:^|, )(?:line|row) \d+/

/** Options whose names are those of other options: `--model` runs a model here. */
const addresses: Readonly<Record<string, ReadonlyArray<string>>> = {
  "model.url": ["url"],
  "model.kind": ["kind"],
  "model.model": ["remoteModel"],
  "shield.url": ["shieldUrl", "url"],
  "shield.kind": ["shieldKind", "kind"],
  "shield.model": ["shieldRemoteModel", "remoteModel"],
}

/** What a server's key comes from. */
const keys = new Set(["model.auth", "shield.auth"])

/**
 * `maxTokens: 0 is out of range` is said of `--max-tokens` here, and `policy.threshold` of `--threshold`; what is wrong
 * within a file is said with the file's option ahead of its path.
 */
function withFlag(error: Error, options: OptionSpecs): string {
  if (!("option" in error) || typeof error.option !== "string" || !error.message.startsWith(error.option)) {
    return error.message
  }
  if (keys.has(error.option)) return `FACET_API_KEY${error.message.slice(error.option.length)}`
  if (placed.test(error.option)) return error.message
  const ofServer = (addresses[error.option] ?? []).find((name) => Object.hasOwn(options, name))
  const server = ofServer === undefined ? undefined : options[ofServer]
  if (ofServer !== undefined && server !== undefined) {
    return `--${flagOf(ofServer, server)}${error.message.slice(error.option.length)}`
  }
  const [first = "", ...rest] = error.option.match(/[a-z]+/gi) ?? []
  const isWithin = Object.hasOwn(options, first) && rest.length > 0
  const key = isWithin ? first : [first, ...rest].findLast((part) => Object.hasOwn(options, part))
  const spec = key === undefined ? undefined : options[key]
  if (key === undefined || spec === undefined) return error.message
  return `--${flagOf(key, spec)}${isWithin ? `: ${error.message}` : error.message.slice(error.option.length)}`
}
