import { readdir, readFile } from "node:fs/promises"
import { basename, dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")

/** Files that are named for their place in a package, and not for what they give. */
const placed = {
  index: "what a folder gives",
  main: "a command's start",
  entry: "a worker's start",
  client: "a worker's one side, as `server` is its other",
  server: "a worker's other side",
  platform: "what `#platform` is on Node, and in a browser",
  Open: "what `Facet.open()` does, beside `Facet.ts`",
  assets: "what `@facet/tiny/assets` is",
  storage: "what `@facet/sdk/storage` is",
  folders: "what `@facet/sdk/folders` is",
  models: "what `@facet/sdk/models` is",
}

/**
 * A file is named for its main export, spelt as that is spelt; one that gives several things without a main one is named
 * for the concept, with a capital letter.
 */
export async function checkNames() {
  const files = (await sources(join(root, "packages"))).toSorted()
  const problems = []
  for (const file of files) {
    const problem = problemOf(nameOf(file), exportsOf(await readFile(file, "utf8")))
    if (problem !== undefined) problems.push(`${relative(root, file)}: ${problem}`)
  }
  if (problems.length > 0) throw new Error(`${problems.join("\n")}\n\nCONTRIBUTING.md has the rule.`)
  return `${files.length} files`
}

function problemOf(name, { types, values }) {
  if (Object.hasOwn(placed, name) || values.includes(name) || types.includes(name)) return undefined
  if (/^[a-z]/.test(name)) return `it exports no ${name}; it gives ${shown([...values, ...types])}`
  const main = values.length === 1 ? values[0] : values.length === 0 && types.length === 1 ? types[0] : undefined
  if (main !== undefined) return `its main export is ${main}`
  const spelt = values.find((value) => value.toLowerCase() === name.toLowerCase())
  return spelt === undefined ? undefined : `its main export is spelt ${spelt}`
}

const shown = (names) => (names.length === 0 ? "nothing" : names.join(", "))

/** `Facet.ts`, `client.browser.ts`, `Panel.tsx`: without what says where it runs. */
const nameOf = (file) => basename(file).replace(/(\.node|\.browser)?\.tsx?$/, "")

const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(function\*?|class|const|let|enum|interface|type) +(\w+)/gm
const list = /^export (type )?\{([^}]*)\}/gm

function exportsOf(text) {
  const values = []
  const types = []
  for (const [, kind, name] of text.matchAll(declaration)) {
    if (kind === "interface" || kind === "type") types.push(name)
    else values.push(name)
  }
  for (const [, type, names] of text.matchAll(list)) {
    for (const entry of names.split(",").map((part) => part.trim())) {
      const name = entry.split(" ").at(-1)
      if (name !== "") (type === undefined && !entry.startsWith("type ") ? values : types).push(name)
    }
  }
  return { values, types }
}

async function sources(packages) {
  const found = []
  for (const name of await readdir(packages)) {
    const entries = await readdir(join(packages, name, "src"), { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const isSource = entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts")
      if (isSource) found.push(join(entry.parentPath, entry.name))
    }
  }
  return found
}
