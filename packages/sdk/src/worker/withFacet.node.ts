/** What Next.js has to know of Facet: `@facet/sdk/next`. */
import { createRequire } from "node:module"
import { dirname, join, relative, sep } from "node:path"

/** The part of Next.js's configuration that is added to. */
export interface NextConfig {
  serverExternalPackages?: Array<string>
  outputFileTracingIncludes?: Record<string, Array<string>>
}

/** Its engine is a thread of its own, which is started from a file beside the package's others. */
const external = "@facet/sdk"

/** All routes: which of them opens a Facet nobody can tell. */
const everywhere = "/**"

/**
 * Next.js's configuration with what a route that opens a Facet needs: the SDK stays out of the server's bundle, and
 * ONNX Runtime's native library, which no import names, comes along with `output: "standalone"`.
 *
 * @param config - of the app, which is added to.
 * @param folder - of the app, from which Next.js reads paths. Default: where `next build` runs.
 *
 * @example
 * // next.config.mjs
 * import { withFacet } from "@facet/sdk/next"
 * export default withFacet({ output: "standalone" })
 */
export function withFacet<C extends object>(config: C & NextConfig, folder = process.cwd()): C & Required<NextConfig> {
  const { outputFileTracingIncludes: includes = {}, serverExternalPackages: packages = [] } = config
  return {
    ...config,
    serverExternalPackages: [...new Set([...packages, external])],
    outputFileTracingIncludes: {
      ...includes,
      [everywhere]: [...(includes[everywhere] ?? []), `${nativeFolder(folder)}/*`],
    },
  }
}

/** The library is built for one system: that of the machine that builds is the one that serves. */
function nativeFolder(folder: string): string {
  const runtime = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"))
  const path = relative(folder, join(runtime, "bin", "napi-v6", process.platform, process.arch)).replaceAll(sep, "/")
  return path.startsWith("../") ? path : `./${path}`
}
