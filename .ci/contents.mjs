import { readdir, readFile, stat } from "node:fs/promises"
import { join, relative } from "node:path"

const MB = 1e6

/** What a package may hold, and what it must. */
const rules = {
  "@facet/sdk": {
    must: [
      ...["index", "words", "remote", "folders", "ai", "transformers", "next", "entry"].map(
        (name) => `dist/${name}.js`,
      ),
      ...["index", "words", "remote", "storage", "folders", "ai", "transformers"].map(
        (name) => `dist/browser/${name}.js`,
      ),
      ...["index", "words/index", "remote/index", "effects/ai/index"].map((name) => `dist/${name}.d.ts`),
      "dist/worker/entry.js",
    ],
    // The engine is in it three times: for Node, for pages, and for their worker.
    maximum: 3 * MB,
  },
  "@facet/checkpoint": {
    must: ["dist/index.js", "dist/index.d.ts", "dist/entry.js", "dist/browser/index.js"],
    maximum: 1 * MB,
  },
  "@facet/hono-plugin": { must: ["dist/index.js", "dist/index.d.ts"], maximum: 1 * MB },
  "@facet/ai-sdk-provider": { must: ["dist/index.js", "dist/index.d.ts"], maximum: 1 * MB },
  "@facet/react-hooks": {
    must: ["dist/index.js", "dist/index.d.ts", "dist/styles.css"],
    maximum: 1 * MB,
  },
  "@facet/cli": { must: ["dist/main.js"], maximum: 1 * MB },
  "@facet/tiny": {
    must: [
      "dist/index.js",
      "dist/index.d.ts",
      "dist/assets.js",
      "dist/assets.d.ts",
      "MODEL_CARD.md",
      "models/tiny-gemma-it/config.json",
      "models/tiny-gemma-it/tokenizer.json",
      "models/tiny-shield/config.json",
      "models/tiny-shield/tokenizer.json",
      "models/tiny-scope/",
    ],
    maximum: 20 * MB,
  },
}

const always = ["package.json", "README.md", "LICENSE"]
const may = /^(dist\/.*\.(js|d\.ts|css)|models\/.*|MODEL_CARD\.md|CHANGELOG\.md|README\.md|LICENSE|package\.json)$/

/** Finds what is wrong with an unpacked package; tells its size. */
export async function checkContents(folder) {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"))
  const rule = rules[manifest.name]
  if (rule === undefined) throw new Error(`${manifest.name}: .ci/contents.mjs does not say what it may hold`)
  const files = await filesIn(folder)
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  const problems = [
    ...[...always, ...rule.must]
      .filter((need) => !files.some((file) => holds(need, file)))
      .map((need) => `lacks ${need}`),
    ...files.filter((file) => !may.test(file)).map((file) => `should not hold ${file}`),
    ...(bytes > rule.maximum ? [`is ${megabytes(bytes)}, more than ${megabytes(rule.maximum)}`] : []),
    ...manifestProblems(manifest),
  ]
  if (problems.length > 0) throw new Error(problems.map((problem) => `${manifest.name} ${problem}`).join("\n"))
  return { name: manifest.name, files: files.length, bytes }
}

export const megabytes = (bytes) => `${(bytes / MB).toFixed(2)} MB`

const holds = (need, file) => (need.endsWith("/") ? file.startsWith(need) : file === need)

/** Whoever installs the package has neither its sources nor this workspace. */
function manifestProblems(manifest) {
  const { bin, dependencies, exports } = manifest
  // `imports` are for our own sources: what is built has followed them.
  const shown = JSON.stringify({ bin, dependencies, exports })
  return ["workspace:", "/src/"].filter((part) => shown.includes(part)).map((part) => `'s package.json names ${part}`)
}

async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
}
