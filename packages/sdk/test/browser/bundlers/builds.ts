import { cp } from "node:fs/promises"
import { join } from "node:path"
import { build as buildWithVite, createServer } from "vite"
import webpack from "webpack"

/** Builds the app of a folder, and gives the folder to serve. */
export type Build = (app: string) => Promise<string>

export const vite: Build = async (app) => {
  const outDir = join(app, "dist-vite")
  await buildWithVite({
    root: app,
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    build: { outDir, rollupOptions: { input: ["index.html", "trusted.html"].map((page) => join(app, page)) } },
  })
  return outDir
}

export const webpack5: Build = async (app) => {
  const path = join(app, "dist-webpack")
  await run({
    mode: "production",
    context: app,
    entry: "./main.js",
    output: { path, filename: "main.js" },
    performance: { hints: false },
  })
  await cp(join(app, "index.html"), join(path, "index.html"))
  return path
}

export interface DevServer extends AsyncDisposable {
  readonly url: string
}

/** Vite's development server, which builds nothing: an app sets what is set here. */
export async function serveWithVite(app: string): Promise<DevServer> {
  const server = await createServer({
    root: app,
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    optimizeDeps: { exclude: ["@facet/sdk"] },
    server: { host: "127.0.0.1", port: 0 },
  })
  await server.listen()
  const url = server.resolvedUrls?.local[0]
  if (url === undefined) throw new Error("Vite's server got no address")
  return { url: url.replace(/\/$/, ""), [Symbol.asyncDispose]: () => server.close() }
}

const run = (configuration: webpack.Configuration): Promise<void> =>
  new Promise((done, fail) => {
    webpack(configuration, (error, stats) => {
      if (error !== null) return fail(error)
      if (stats?.hasErrors() === true) return fail(new Error(stats.toString({ all: false, errors: true })))
      done()
    })
  })
