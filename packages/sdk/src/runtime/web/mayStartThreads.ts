/** What a page's policy of Trusted Types says, where a browser knows them: https://www.w3.org/TR/trusted-types/ */
export interface TrustedTypesPlace {
  readonly trustedTypes?:
    | {
        readonly defaultPolicy?: unknown
        readonly createPolicy: (name: string, rules: { readonly createScriptURL: (url: string) => string }) => unknown
      }
    | undefined
}

/**
 * Whether ONNX Runtime may start its threads here.
 *
 * It starts them by the address of its own file, which no policy of an app's has made. Where Trusted Types are required,
 * that takes a policy named `default`, so this worker gives itself one, for that file alone. A page may forbid it to
 * (`trusted-types` without `default`): then there is one thread.
 *
 * @param file - the address of the script that a thread runs.
 */
export function mayStartThreads(file: string, { trustedTypes }: TrustedTypesPlace): boolean {
  // Whoever has made one decides.
  if (trustedTypes === undefined || (trustedTypes.defaultPolicy ?? undefined) !== undefined) return true
  try {
    trustedTypes.createPolicy("default", { createScriptURL: (url) => onlyThis(file, url) })
    return true
  } catch {
    return false
  }
}

/** A file of another origin is fetched first, and then has an address of this page's making. */
function onlyThis(file: string, url: string): string {
  if (url === file || url.startsWith("blob:")) return url
  throw new TypeError(`${url} is no script of ONNX Runtime's`)
}
