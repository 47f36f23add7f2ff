import { basename } from "node:path"
import { gzipSync } from "node:zlib"
import { build } from "vite"

const kB = 1e3

/**
 * Bundles an app that imports a package as an app's author would; tells its size, minified and gzipped.
 *
 * @param maximum of what the page loads before anything else, in kB: more comes when a model is opened.
 * @param external packages that an app has anyway.
 */
export async function checkClientSize(entry, maximum, external = []) {
  const { output } = await bundle(entry, external)
  const chunks = output.filter(({ type }) => type === "chunk")
  const [start] = chunks.filter(({ isEntry }) => isEntry)
  const loaded = withImports(chunks, start)
  const bytes = gzipped(loaded)
  const all = `${kilobytes(gzipped(chunks))} with what it imports later`
  const found = `${kilobytes(bytes)} gzipped (${kilobytes(maximum * kB)} at most), ${all}`
  if (bytes <= maximum * kB) return found
  throw new Error(`${basename(entry)} is ${found}:\n${largest(loaded).join("\n")}`)
}

const bundle = (entry, external) =>
  build({
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    build: { write: false, rolldownOptions: { input: entry, external } },
  })

/** A chunk and those that it imports; what it imports later, with `import()`, is not the page's start. */
function withImports(chunks, entry) {
  const loaded = new Set([entry])
  for (const chunk of loaded) {
    // What is external is no chunk.
    for (const name of chunk.imports) loaded.add(chunks.find(({ fileName }) => fileName === name) ?? chunk)
  }
  return [...loaded]
}

const gzipped = (chunks) => chunks.reduce((sum, { code }) => sum + gzipSync(code).byteLength, 0)

const largest = (chunks) =>
  chunks
    .flatMap(({ modules }) => Object.entries(modules))
    .toSorted(([, left], [, right]) => right.renderedLength - left.renderedLength)
    .slice(0, 15)
    .map(([name, { renderedLength }]) => `  ${kilobytes(renderedLength)} ${name}`)

const kilobytes = (bytes) => `${(bytes / kB).toFixed(1)} kB`
