/** @returns what a model is called before clients: a path is nobody's business but the server's, so only its last name. */
export function publicModelName(model: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(model) && !model.startsWith(".")) return model
  return model.split(/[\\/]/).findLast((part) => part !== "") ?? "gemma-2"
}
