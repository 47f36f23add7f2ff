import { type JsonPlace, JsonScanner } from "./JsonScanner.ts"
import { type ModelFiles, noObject, notJson } from "./ModelFiles.ts"

export interface OutlinedJson {
  readonly scanner: JsonScanner
  readonly fields: ReadonlyMap<string, JsonPlace>
}

/** More than enough to tell what a file is that is no JSON. */
const startLength = 1024

/**
 * As `readJsonObject`, of a file whose parts are too many to be values: its bytes, and where its parts stand in them.
 *
 * @param depth how far down fields are told.
 */
export async function outlineJsonObject(files: ModelFiles, name: string, depth: number): Promise<OutlinedJson> {
  const bytes = await files.readWhole(name)
  const scanner = new JsonScanner(bytes)
  let place: JsonPlace
  try {
    place = scanner.outline(depth)
  } catch (cause) {
    throw notJson(files, name, new TextDecoder().decode(bytes.subarray(0, startLength)), cause)
  }
  if (place.fields === undefined) throw noObject(files, name)
  return { scanner, fields: place.fields }
}
