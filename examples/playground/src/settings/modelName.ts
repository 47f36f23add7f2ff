/** What a model is called on the screen: an id as it is, of a URL its folder. */
export function modelName(model: string): string {
  if (model === "tiny") return "Tiny Gemma"
  if (!model.includes(":") && !model.startsWith("/") && !model.startsWith(".")) return model
  const parts = (model.split(/[?#]/)[0] ?? model).split("/").filter((part) => part !== "")
  const last = parts.at(-1)
  // The Hub's addresses end with the revision: …/owner/name/resolve/main/
  const resolve = parts.indexOf("resolve")
  return (resolve > 1 ? `${parts[resolve - 2]}/${parts[resolve - 1]}` : last) ?? model
}
