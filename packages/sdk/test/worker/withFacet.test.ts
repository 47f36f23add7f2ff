import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, it } from "vitest"
import { withFacet } from "../../src/worker/withFacet.node.ts"

const folder = fileURLToPath(new URL("../..", import.meta.url))

it("adds to what an app has set", () => {
  const config = withFacet(
    {
      output: "standalone",
      serverExternalPackages: ["sharp", "@facet/sdk"],
      outputFileTracingIncludes: { "/**": ["./policies/*"], "/api": ["./data/*"] },
    },
    folder,
  )
  assert.strictEqual(config.output, "standalone")
  assert.deepStrictEqual(config.serverExternalPackages, ["sharp", "@facet/sdk"])
  assert.deepStrictEqual(config.outputFileTracingIncludes["/api"], ["./data/*"])
  assert.strictEqual(config.outputFileTracingIncludes["/**"]?.[0], "./policies/*")
})

it("names the folder of this machine's native library, seen from the app", () => {
  const [files = ""] = withFacet({}, folder).outputFileTracingIncludes["/**"] ?? []
  const names = globSync(files, { cwd: folder })
  assert.isTrue(
    names.some((name) => name.endsWith("onnxruntime_binding.node")),
    files,
  )
  assert.isTrue(
    names.some((name) => /(lib)?onnxruntime[^/]*\.(so|dylib|dll)/.test(name)),
    files,
  )
})
