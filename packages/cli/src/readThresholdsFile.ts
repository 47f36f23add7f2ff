import { readFile } from "node:fs/promises"
import { invalidRequest, parseJson, readThresholds, repeatsName, type Thresholds } from "@facet/sdk/words"

/** @throws InvalidRequestError for a file that `--thresholds-out` has not written */
export async function readThresholdsFile(file: string | undefined): Promise<Thresholds | undefined> {
  if (file === undefined) return undefined
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw invalidRequest("thresholds", `${file} cannot be read (${cause.message})`, "Name a file of --thresholds-out.")
  })
  const value = parseJson(text)?.value
  if (value === undefined) throw invalidRequest("thresholds", `${file} is no JSON`, "Name a file of --thresholds-out.")
  if (repeatsName(text)) {
    throw invalidRequest("thresholds", `a name stands twice in ${file}`, "Keep the one that is right.")
  }
  return readThresholds(value)
}
