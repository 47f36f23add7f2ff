/** Builds the example and serves it. */
import { rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { buildStandalone } from "./build.ts"

const folder = await mkdtemp(join(tmpdir(), "facet-next-trace-"))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
process.env["HOSTNAME"] ??= "127.0.0.1"
await import(pathToFileURL(await buildStandalone(folder)).href)
