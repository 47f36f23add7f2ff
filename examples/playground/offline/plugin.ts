/** Writes the service worker beside the build's files, with their list, and tells the page how large they are. */
import { createHash } from "node:crypto"
import { readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { type Plugin, transformWithOxc } from "vite"
import type { BuiltFiles } from "../src/offline/BuiltFiles.ts"

const source = fileURLToPath(new URL("../src/offline/serviceWorker.ts", import.meta.url))

export function offline(): Plugin {
  let folder = ""
  return {
    name: "facet-playground:offline",
    apply: "build",
    configResolved({ build, root }) {
      folder = resolve(root, build.outDir)
    },
    // After everything else, the public folder included, is written.
    writeBundle: {
      order: "post",
      sequential: true,
      handler: async () => {
        const paths = await filesOf(folder)
        await fillInSizes(folder, paths)
        await writeServiceWorker(folder, await sorted(folder, paths))
      },
    },
  }
}

const workerName = "sw.js"

async function filesOf(folder: string): Promise<ReadonlyArray<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name !== workerName)
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort()
}

const runsOnWebGpu = (path: string): boolean => /\/ort.*(webgpu|asyncify)/.test(path)
const runsOnWasm = (path: string): boolean => /\/ort[.-]wasm/.test(path) && !runsOnWebGpu(path)
const belongsToModel = (path: string): boolean =>
  /\.(safetensors|npz|json)$/.test(path) || /\/(assets|entry)[.-][^/]*\.js$/.test(path)

async function sorted(folder: string, paths: ReadonlyArray<string>): Promise<BuiltFiles> {
  const hash = createHash("sha256")
  // The names of all others say what is in them.
  for (const path of paths)
    hash.update(path).update(path.startsWith("assets/") ? "" : await readFile(join(folder, path)))
  const isPage = (path: string) => !runsOnWebGpu(path) && !runsOnWasm(path) && !belongsToModel(path)
  return {
    version: hash.digest("hex").slice(0, 16),
    page: paths.filter(isPage),
    model: paths.filter(belongsToModel),
    engines: { wasm: paths.filter(runsOnWasm), webgpu: paths.filter(runsOnWebGpu) },
  }
}

async function writeServiceWorker(folder: string, files: BuiltFiles): Promise<void> {
  const { code } = await transformWithOxc(await readFile(source, "utf8"), source)
  // Without its imports of types it is a classic script, which every browser takes, but for this mark of a module.
  const script = code.replace(/^export \{\s*\};?$/m, "")
  await writeFile(join(folder, workerName), `const files = ${JSON.stringify(files)}\n${script}`)
}

/** What loading fetches: both models, the features of one site, and what runs them. */
async function fillInSizes(folder: string, paths: ReadonlyArray<string>): Promise<void> {
  const bytesOf = async (isCounted: (path: string) => boolean): Promise<number> => {
    const sizes = await Promise.all(paths.filter(isCounted).map((path) => stat(join(folder, path))))
    return sizes.reduce((sum, { size }) => sum + size, 0)
  }
  const scopes = paths.filter((path) => path.endsWith(".npz"))
  const allScopes = await bytesOf((path) => scopes.includes(path))
  const oneScope = scopes.length === 0 ? 0 : allScopes / scopes.length
  const sizes = {
    model: Math.round((await bytesOf(belongsToModel)) - allScopes + oneScope),
    wasm: await bytesOf(runsOnWasm),
    webgpu: await bytesOf(runsOnWebGpu),
  }
  const page = join(folder, "index.html")
  const html = await readFile(page, "utf8")
  const empty = 'name="facet-download" content=""'
  if (!html.includes(empty)) throw new Error(`${page} has no place for the download's size: ${empty}`)
  const written = Object.entries(sizes).map(([name, bytes]) => `${name}=${bytes}`)
  await writeFile(page, html.replace(empty, `name="facet-download" content="${written.join("&")}"`))
}
