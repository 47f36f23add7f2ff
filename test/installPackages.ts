/** Our packages in the `node_modules` of an app, as the registry would give them. */
import { execFile } from "node:child_process"
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const run = promisify(execFile)

/**
 * Gives an app packages of ours as the registry would: built, with the published manifest, and nothing of their sources.
 *
 * Not packed: packing takes the `dist` that is there, and the tests run without one.
 *
 * @param names - folders of `packages`, those that they need among them.
 */
export async function installPackages(app: string, names: ReadonlyArray<string>): Promise<void> {
  // One that fails is told when none of the others still writes.
  const installed = await Promise.allSettled(names.map((name) => install(join(root, "packages", name), app)))
  for (const one of installed) if (one.status === "rejected") throw one.reason
}

interface Manifest {
  readonly name: string
  readonly files: ReadonlyArray<string>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly publishConfig: Readonly<Record<string, unknown>>
}

async function install(source: string, app: string): Promise<void> {
  // Our own manifest: `.ci/check.mjs` looks at what it must hold.
  const manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as Manifest
  const target = join(app, "node_modules", manifest.name)
  await mkdir(target, { recursive: true })
  await writeFile(join(target, "package.json"), JSON.stringify({ ...manifest, ...manifest.publishConfig }))
  await build(source, target)
  for (const name of manifest.files) {
    if (name !== "dist") await cp(join(source, name), join(target, name), { recursive: true })
  }
  await linkDependencies(source, target, Object.keys(manifest.dependencies ?? {}))
}

/** As its `tsup.config.ts` says, but elsewhere: the package's own `dist` may be in use, and what is copied beside it, too. */
async function build(source: string, target: string): Promise<void> {
  const script = `
    import { join, relative } from "node:path"
    import { pathToFileURL } from "node:url"
    import { build } from "tsup"
    const { default: config } = await import(pathToFileURL(join(process.cwd(), "tsup.config.ts")).href)
    for (const options of [config].flat()) {
      const outDir = join(process.argv[1], relative("dist", options.outDir ?? "dist"))
      await build({ ...options, outDir, clean: false, config: false })
    }`
  await run(process.execPath, ["--input-type=module", "--eval", script, join(target, "dist")], { cwd: source })
}

async function linkDependencies(source: string, target: string, names: ReadonlyArray<string>): Promise<void> {
  const installed = names.filter((name) => !name.startsWith("@facet/"))
  for (const name of installed) await linkPackage(name, source, target)
}

/** Gives an app what another folder of the workspace has installed. */
export async function linkPackage(name: string, source: string, app: string): Promise<void> {
  const link = join(app, "node_modules", name)
  await mkdir(dirname(link), { recursive: true })
  await symlink(join(source, "node_modules", name), link, "dir")
}
