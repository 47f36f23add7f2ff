import { basename } from "node:path"
import { gzipSync } from "node:zlib"
import { build } from "vite"

const kB = 1e3

/** What the page loads before anything else: the worker and the model come when a model is opened. */
const maximum = 50 * kB

/** Bundles an app that imports the SDK as an app's author would; tells its size, minified and gzipped. */
export async function checkClientSize(entry) {
  const { output } = await bundle(entry)
  const chunks = output.filter(({ type }) => type === "chunk")
  const [start] = chunks.filter(({ isEntry }) => isEntry)
  const loaded = withImports(chunks, start)
  const bytes = gzipped(loaded)
  const all = `${kilobytes(gzipped(chunks))} with what it imports later`
  const found = `${kilobytes(bytes)} gzipped (${kilobytes(maximum)} at most), ${all}`
  if (bytes <= maximum) return found
  throw new Error(`${basename(entry)} with the SDK is ${found}:\n${largest(loaded).join("\n")}`)
}

const bundle = (entry) =>
  build({
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    build: { write: false, rolldownOptions: { input: entry } },
  })

/** A chunk and those that it imports; what it imports later, with `import()`, is not the page's start. */
function withImports(chunks, entry) {
  const loaded = new Set([entry])
  for (const chunk of loaded) {
    for (const name of chunk.imports) loaded.add(chunks.find(({ fileName }) => fileName === name))
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
