/** The effects of a real Facet on Node, for hooks that ask a server. */
import { effects } from "@facet/hono-plugin"
import { Hono } from "hono"
import { cors } from "hono/cors"
import type { TestProject } from "vitest/node"
import { listen } from "../../../../test/listen.ts"
import type {} from "./provided.browser.ts"

export async function setup(project: TestProject) {
  const facets = effects()
  const app = new Hono()
  app.use(cors())
  app.route("/", facets)
  const server = await listen(app)
  project.provide("effectsUrl", server.url)
  return async () => {
    await server[Symbol.asyncDispose]()
    await facets.dispose()
  }
}
