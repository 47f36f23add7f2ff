import { catalogue } from "./catalogue.ts"
import type { PublishedSae } from "./PublishedSae.ts"

/** The autoencoder that lies at a path, in Hugging Face's cache or in a folder that is called as its release. */
export function publishedAt(path: string): PublishedSae | undefined {
  const match =
    /(?:^|[\\/]|models--google--)(gemma-scope-[\w-]+?)(?:[\\/]snapshots[\\/][^\\/]+)?[\\/]([^\\/]+[\\/].*)$/.exec(path)
  if (match === null) return undefined
  const [repository, file] = [`google/${match[1]}`, (match[2] ?? "").replaceAll("\\", "/")]
  return catalogue().find((sae) => sae.repository === repository && sae.file === file)
}
