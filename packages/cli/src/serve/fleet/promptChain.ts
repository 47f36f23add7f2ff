import { isRecord } from "@facet/sdk/words"
import { hash } from "node:crypto"

/** Characters of a piece: a few dozen tokens, fewer than it takes to notice that they were read twice. */
const pieceLength = 256

/** Pieces that are told apart: what two prompts share beyond is the same worker's by then. */
const mostPieces = 64

/** What comes before the subject of a request, where there is such a field. */
const openings = ["system", "instructions"] as const

/** Where a request says what the model is to read, in the order in which they count. */
const subjects = ["messages", "prompt", "input", "content", "text", "state", "subject"] as const

/**
 * How a request's prompt begins, in pieces: each stands for itself and all before it, so that two prompts share as many of
 * them as they begin alike. A chat's next turn begins with all of its last one.
 *
 * @param body of the request, as it came
 * @param key who asks: workers share no prefixes between keys, and no more are told here
 * @returns none for a body that is no JSON, or asks for nothing to be read
 */
export function promptChain(body: Uint8Array, key: string): ReadonlyArray<string> {
  const request = parsed(body)
  if (!isRecord(request)) return []
  const pieces = [...openings, ...subjects].flatMap((field) => piecesOf(request[field])).slice(0, mostPieces)
  let link = spelt([key, request["cache_salt"] ?? request["cacheSalt"] ?? null])
  return pieces.map((piece) => (link = hash("sha1", `${link}\n${piece}`, "base64")))
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}

/** A list is cut between its entries, such as a chat's messages, so that it may grow at its end. */
function piecesOf(value: unknown): ReadonlyArray<string> {
  if (value === undefined || value === null) return []
  if (isRecord(value) && Array.isArray(value["messages"])) return piecesOf(value["messages"])
  // Token ids are one text, of which each says little.
  const isList = Array.isArray(value) && !value.every((entry) => typeof entry === "number")
  const texts = isList ? value.slice(0, mostPieces).map(textOf) : [textOf(value)]
  return texts.flatMap(cut)
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : spelt(value))

/** What is nested deeper than there is room on the stack can be read, and cannot be written: a worker refuses it by itself. */
function spelt(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return ""
  }
}

const cut = (text: string): ReadonlyArray<string> =>
  Array.from({ length: Math.min(mostPieces, Math.ceil(text.length / pieceLength)) }, (_, i) =>
    text.slice(i * pieceLength, (i + 1) * pieceLength),
  )
