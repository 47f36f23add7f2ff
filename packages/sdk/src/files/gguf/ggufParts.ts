/** As llama.cpp names what it has split. */
const partName = /^(.*-)(\d{5})-of-(\d{5})(\.gguf)$/is

/**
 * The files of a model of which a `.gguf` is one, in their order; the file alone where its name says nothing of others.
 *
 * @example
 * ggufParts("x-00001-of-00002.gguf") // => ["x-00001-of-00002.gguf", "x-00002-of-00002.gguf"]
 */
export function ggufParts(name: string): ReadonlyArray<string> {
  const [, stem = "", own = "", all = "", end = ""] = partName.exec(name) ?? []
  const count = Number(all)
  if (Number(own) < 1 || Number(own) > count) return [name]
  return Array.from({ length: count }, (_, i) => `${stem}${String(i + 1).padStart(5, "0")}-of-${all}${end}`)
}
