/** Starts the host of models for the tests in the browser, which find its address with `inject("modelHost")`. */
import type { TestProject } from "vitest/node"
import { startModelHost } from "./modelHost.ts"

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = await startModelHost()
  project.provide("modelHost", host.url)
  return host.close
}
