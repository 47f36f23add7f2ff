/** Builds the example with the packages as they are published: Next.js would bundle their sources, which an app never sees. */
import { execFile } from "node:child_process"
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { installPackages, linkPackage } from "../../test/installPackages.ts"

const example = fileURLToPath(new URL(".", import.meta.url))
/** Next.js takes the folder of the workspace's lockfile for the root, and what is copied lies under it as here. */
const root = fileURLToPath(new URL("../..", import.meta.url))

const own = ["tiny", "checkpoint", "sdk", "hono-plugin", "react-hooks"]

/**
 * Makes the standalone output in a folder: all that serves the app, but for Node.
 *
 * @returns the path of its `server.js`.
 */
export async function buildStandalone(target: string): Promise<string> {
  const app = await mkdtemp(join(example, ".published-"))
  try {
    for (const name of ["app", "next.config.mjs", "package.json"]) {
      await cp(join(example, name), join(app, name), { recursive: true })
    }
    // Next.js completes it. The example's own says where the workspace has the packages' declarations.
    await writeFile(join(app, "tsconfig.json"), "{}")
    await install(app)
    await next(app)
    const output = join(app, ".next", "standalone")
    const place = relative(root, app)
    await cp(output, target, { recursive: true, verbatimSymlinks: true })
    // Next.js leaves it to the app what serves these: a host of static files, or the same server.
    await cp(join(app, ".next", "static"), join(target, place, ".next", "static"), { recursive: true })
    return join(target, place, "server.js")
  } finally {
    await rm(app, { recursive: true, force: true })
  }
}

async function install(app: string): Promise<void> {
  await installPackages(app, own)
  // Our own manifest.
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(join(example, "package.json"), "utf8"),
  ) as Manifest
  const names = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith("@facet/"))
  for (const name of names) await linkPackage(name, example, app)
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

async function next(app: string): Promise<void> {
  const command = join(app, "node_modules", "next", "dist", "bin", "next")
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const
  await promisify(execFile)(process.execPath, [command, "build"], { cwd: app, env })
}
