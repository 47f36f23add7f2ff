import { cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { checkContents, megabytes } from "./contents.mjs"
import { pnpm, run } from "./shell.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const local = (name) => join(root, "node_modules", ".bin", name)

/** The packages in the order in which they need each other. */
const packages = ["tiny", "sdk", "hono-plugin", "ai-sdk-provider", "cli"]
/** Those that are imported; the others are run. */
const imported = ["tiny", "sdk", "hono-plugin", "ai-sdk-provider"]

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
  for (const name of imported) await run(local("attw"), [tarball(scratch, name), "--profile", "esm-only"])
}

/** An app that knows nothing but the tarballs. */
export async function installConsumer(scratch) {
  const app = consumer(scratch)
  await cp(join(root, ".ci", "consumer"), app, { recursive: true })
  await writeFile(join(app, "package.json"), `${JSON.stringify(await manifest(scratch), null, 2)}\n`)
  await writeFile(join(app, "pnpm-workspace.yaml"), `${JSON.stringify(settings(scratch), null, 2)}\n`)
  await pnpm(["install", "--prefer-offline", "--no-frozen-lockfile"], { cwd: app })
}

export const typeConsumer = (scratch) => run(local("tsc"), ["-p", "."], { cwd: consumer(scratch) })

export const runConsumer = (scratch) => run(local("node"), ["use.ts"], { cwd: consumer(scratch) })

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

async function manifest(scratch) {
  const { devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
  return {
    name: "facet-consumer",
    private: true,
    type: "module",
    dependencies: { ...fileUrls(scratch), hono: devDependencies.hono },
    // The AI SDK's own declarations need those of json-schema, and do not bring them.
    devDependencies: { "@types/json-schema": "7.0.15", "@types/node": devDependencies["@types/node"] },
  }
}

/** Packages ask for each other by version: the registry does not have these versions yet. JSON is YAML, too. */
const settings = (scratch) => ({
  overrides: fileUrls(scratch),
  allowBuilds: { "onnxruntime-node": false, sharp: false, protobufjs: false },
})
