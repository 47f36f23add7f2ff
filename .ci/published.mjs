import { cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { checkContents, megabytes } from "./contents.mjs"
import { pnpm, run } from "./shell.mjs"
import { checkClientSize } from "./size.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const local = (name) => join(root, "node_modules", ".bin", name)

/** The packages in the order in which they need each other. */
const packages = ["tiny", "sdk", "checkpoint", "hono-plugin", "ai-sdk-provider", "react-hooks", "cli"]
/** Those that are imported; the others are run. */
const imported = ["tiny", "sdk", "checkpoint", "hono-plugin", "ai-sdk-provider", "react-hooks"]

/** Packs every package as it would be published, and looks into what came out. */
export async function pack(scratch) {
  const sizes = []
  for (const name of packages) {
    const folder = join(scratch, "unpacked", name)
    await mkdir(folder, { recursive: true })
    await pnpm(["pack", "--out", tarball(scratch, name)], { cwd: join(root, "packages", name) })
    await run("tar", ["-xzf", tarball(scratch, name), "-C", folder])
    sizes.push(await checkContents(join(folder, "package")))
  }
  return sizes.map(({ bytes, files, name }) => `${name}: ${files} files, ${megabytes(bytes)}`).join("; ")
}

/** Whether Node and bundlers find what the packages export, and TypeScript its types. */
export async function lintPackages(scratch) {
  for (const name of packages) await run(local("publint"), ["run", "--strict", tarball(scratch, name)])
  const types = ["--profile", "esm-only", "--exclude-entrypoints", "styles.css"]
  for (const name of imported) await run(local("attw"), [tarball(scratch, name), ...types])
}

/** An app that knows nothing but the tarballs. */
export async function installConsumer(scratch) {
  const app = consumer(scratch)
  await cp(join(root, ".ci", "consumer"), app, { recursive: true })
  await writeFile(join(app, "package.json"), `${JSON.stringify(await manifest(scratch), null, 2)}\n`)
  await writeFile(join(app, "pnpm-workspace.yaml"), `${JSON.stringify(settings(scratch), null, 2)}\n`)
  await pnpm(["install", "--prefer-offline", "--no-frozen-lockfile"], { cwd: app })
}

/** A folder with the SDK and what it needs to run, in files and without links: what a host gets as a zip. */
export async function installSdkAlone(scratch) {
  const folder = join(scratch, "alone")
  const dependencies = { "@facet/sdk": fileUrls(scratch)["@facet/sdk"] }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
  await writeFile(join(folder, "pnpm-workspace.yaml"), JSON.stringify({ ...settings(scratch), nodeLinker: "hoisted" }))
  await pnpm(["install", "--prod", "--prefer-offline", "--no-frozen-lockfile"], { cwd: folder })
  return folder
}

/** On Node, in the browser, and with React. */
export async function typeConsumer(scratch) {
  for (const project of ["tsconfig.json", "tsconfig.browser.json", "tsconfig.react.json"]) {
    await run(local("tsc"), ["-p", project], { cwd: consumer(scratch) })
  }
}

export const runConsumer = (scratch) => run(local("node"), ["use.ts"], { cwd: consumer(scratch) })

export const renderConsumer = (scratch) => run(local("node"), ["react.ts"], { cwd: consumer(scratch) })

export const sizeConsumer = (scratch) => checkClientSize(join(consumer(scratch), "page.ts"), 59)

export const sizeHooks = (scratch) =>
  checkClientSize(join(consumer(scratch), "hooks.ts"), 12, [/^react(-dom)?($|\/)/, "ai", "@ai-sdk/react"])

export async function runCommand(scratch) {
  const facet = join(consumer(scratch), "node_modules", ".bin", "facet")
  const printed = await run(facet, ["generate", "Tell me a story about a fox.", "--max-tokens", "16", "--json"])
  const { text } = JSON.parse(printed)
  if (typeof text !== "string" || text.trim() === "") throw new Error(`facet generate said nothing:\n${printed}`)
  return JSON.stringify(text)
}

const consumer = (scratch) => join(scratch, "consumer")
const tarball = (scratch, name) => join(scratch, `facet-${name}.tgz`)

const fileUrls = (scratch) =>
  Object.fromEntries(packages.map((name) => [`@facet/${name}`, `file:${tarball(scratch, name)}`]))

/** What the packages ask of an app, and the declarations of it. */
const peers = ["@ai-sdk/react", "ai", "hono", "react", "react-dom"]
const declarations = ["@types/node", "@types/react", "@types/react-dom"]

const pick = (versions, names) => Object.fromEntries(names.map((name) => [name, versions[name]]))

async function manifest(scratch) {
  const { devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
  return {
    name: "facet-consumer",
    private: true,
    type: "module",
    dependencies: { ...fileUrls(scratch), ...pick(devDependencies, peers) },
    // The AI SDK's own declarations need those of json-schema, and do not bring them.
    devDependencies: { "@types/json-schema": "7.0.15", ...pick(devDependencies, declarations) },
  }
}

/** Packages ask for each other by version: the registry does not have these versions yet. JSON is YAML, too. */
const settings = (scratch) => ({
  overrides: fileUrls(scratch),
  allowBuilds: { "onnxruntime-node": false, sharp: false, protobufjs: false },
})
