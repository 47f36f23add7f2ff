import { checkKnown, checkOneOf, checkUnicode, checkWhole, show } from "./Checks.ts"
import type { ContrastOptions, ContrastPair, ReadContrast } from "./Contrast.ts"
import { invalidRequest } from "./Errors.ts"
import { readSite } from "./Site.ts"

/** @throws InvalidRequestError that names the option, or the pair. */
export function readContrast(pairs: ReadonlyArray<ContrastPair>, options: ContrastOptions): ReadContrast {
  checkKnown(options, ["layers", "site", "positions"])
  const { layers, positions = "last", site = "resid_post" } = options
  if (!Array.isArray(pairs) || pairs.length === 0) {
    throw invalidRequest("pairs", `${show(pairs)} holds no pairs`, 'Pass a list: [{ positive: "…", negative: "…" }].')
  }
  for (const [i, pair] of pairs.entries()) checkPair(`pairs[${i}]`, pair)
  if (!Array.isArray(layers) || layers.length === 0) {
    throw invalidRequest("layers", `${show(layers)} names no layer`, "Pass a list of layers, such as [2, 3].")
  }
  for (const [i, layer] of layers.entries()) checkLayerNumber(`layers[${i}]`, layer)
  checkOneOf("positions", positions, ["last", "mean"])
  const read = readSite({ site })
  return { layers: [...new Set(layers)], site: read.site ?? "resid_post", positions }
}

function checkPair(option: string, pair: ContrastPair): void {
  const { negative, positive } = pair ?? {}
  checkKnown(pair, ["positive", "negative"], option)
  checkText(`${option}.positive`, positive)
  checkText(`${option}.negative`, negative)
}

function checkLayerNumber(option: string, layer: unknown): void {
  if (layer === undefined) throw invalidRequest(option, "it is missing", "Pass a whole number.")
  checkWhole(option, layer)
}

/** `<bos>` alone has nothing that could be told apart. */
function checkText(option: string, text: unknown): void {
  checkUnicode(option, text)
  if (text === "") throw invalidRequest(option, "the text is empty", "Pass one of at least one token.")
}
