/**
 * Whether what a host sent is the kind of file that was asked for. Hosts answer with sign-in pages, "not found" pages and
 * an app's start page under status 200; those are found out by their first bytes, whatever type they are sent as.
 */

import { isLfsPointer } from "../checkLfsPointer.ts"

/** What is wrong with a file. */
export interface ContentProblem {
  /** A web page, which many hosts send in place of a file that is not there. */
  readonly isPage: boolean
  readonly problem: string
  readonly remedy: string
}

/** As many bytes of a file's start as the check needs; fewer only when the file is shorter. */
export const checkedBytes = 512

const page = /^\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head|body)\b/i
/** The limit of the format on its header's length. */
const maxSafetensorsHeader = 100_000_000

/**
 * Compares a file's first bytes with what its name promises.
 *
 * @param start its first {@link checkedBytes} bytes.
 * @param mimeType as the host named it, for the message; it decides nothing, since hosts name files wrongly.
 * @returns undefined when nothing is wrong.
 */
export function contentProblem(name: string, start: Uint8Array, mimeType: string): ContentProblem | undefined {
  const text = new TextDecoder("latin1").decode(start.subarray(0, checkedBytes))
  const sentAs = mimeType === "" ? "" : `, sent as ${mimeType}`
  if (page.test(withoutComments(text))) {
    return {
      isPage: true,
      problem: `the host answered with a web page instead of the file (status 200${sentAs})`,
      remedy:
        "Check the URL in a browser: it must give the file itself, not a sign-in page, a page about the file, or an app's start page.",
    }
  }
  if (isLfsPointer(text)) {
    return {
      isPage: false,
      problem: "the host has a Git LFS pointer in place of the file",
      remedy: "Run `git lfs pull` where the folder is served from, and upload the real file.",
    }
  }
  const expected = expectation(name)
  if (expected === undefined || expected.fits(start, text)) return undefined
  return {
    isPage: false,
    problem: `the content is not ${expected.kind}${sentAs}`,
    remedy: "Check the URL: it must give the model's file as it was published.",
  }
}

/** What stands after the comments at its start: found by searching, as a pattern for them takes a time that grows with 2^n. */
function withoutComments(text: string): string {
  let rest = text.trimStart()
  while (rest.startsWith("<!--")) {
    const end = rest.indexOf("-->")
    if (end < 0) return ""
    rest = rest.slice(end + 3).trimStart()
  }
  return rest
}

interface Expectation {
  readonly kind: string
  readonly fits: (start: Uint8Array, text: string) => boolean
}

function expectation(name: string): Expectation | undefined {
  if (name.endsWith(".json")) {
    // A byte order mark, read as Latin-1, is let through: the parser of the file says what it thinks of it.
    return { kind: "JSON", fits: (_, text) => /^(?:\u00ef\u00bb\u00bf)?\s*[[{]/.test(text) }
  }
  if (name.endsWith(".safetensors")) return { kind: "a safetensors file", fits: isSafetensors }
  if (name.endsWith(".npz")) return { kind: "a zip of arrays (.npz)", fits: (_, text) => text.startsWith("PK") }
  return undefined
}

function isSafetensors(start: Uint8Array): boolean {
  if (start.length < 9) return false
  const header = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true)
  return header <= BigInt(maxSafetensorsHeader) && start[8] === "{".charCodeAt(0)
}
