import { ScopeFileError } from "../words/Errors.ts"

/** An autoencoder of a kind that is not read: wherever it is read from, it is refused by its name. */
export const otherKind = (file: string): ScopeFileError =>
  new ScopeFileError({
    file,
    problem:
      "it holds crosscoders, cross-layer transcoders or autoencoders of the embedding, which Facet does not read",
    remedy:
      "Take autoencoders of a layer's output, attention or MLP (Gemma Scope's -res, -att and -mlp), or -transcoders.",
  })
