import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

/** Where `.ci/fetch-gemma3-270m.mjs` puts Gemma 3 270M, or where `FACET_GEMMA3_270M` says that it is. */
export const gemma3File = (): string =>
  process.env["FACET_GEMMA3_270M"] ||
  join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "facet-tests", "gemma3-270m-q4_k_m.gguf")

/** Its path where it is there. Where it is not, says so, so that nobody takes what is skipped for passed. */
export function gemma3OrSkip(): string | undefined {
  const file = gemma3File()
  if (existsSync(file)) return file
  process.stderr.write(
    `SKIPPED: the tests on the real Gemma 3 270M, since ${file} is not there. \`node .ci/fetch-gemma3-270m.mjs\` fetches it.\n`,
  )
  return undefined
}
