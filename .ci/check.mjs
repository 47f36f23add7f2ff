import { mkdtemp, realpath, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { checkNames } from "./names.mjs"
import {
  installConsumer,
  lintPackages,
  pack,
  renderConsumer,
  runCommand,
  runConsumer,
  sizeConsumer,
  sizeHooks,
  typeConsumer,
} from "./published.mjs"
import { pnpm, run } from "./shell.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const local = (name, ...args) => run(join(root, "node_modules", ".bin", name), args, { cwd: root })

/**
 * What must hold before a change goes in, the quickest first. A step may say what it found; it waits for the one that it names,
 * if any.
 */
const steps = [
  ["format", () => quietly(local("oxfmt", "--check"))],
  ["lint", () => quietly(local("oxlint", "--deny-warnings"))],
  ["names of files", checkNames],
  ["build", () => quietly(pnpm(["-r", "run", "build"], { cwd: root }))],
  ["types", () => quietly(checkTypes())],
  ["pack", pack, "build"],
  ["install the packed packages", installConsumer, "pack"],
  [
    "types of the Next.js example",
    () => quietly(local("tsc", "-p", join("examples", "next-trace", "tsconfig.json"))),
    "build",
  ],
  ["package exports", lintPackages, "pack"],
  ["types of the packed packages", (scratch) => quietly(typeConsumer(scratch)), "install the packed packages"],
  ["run the packed SDK: generate, shield, inspect", runConsumer, "install the packed packages"],
  ["render the packed hooks on a server", (scratch) => quietly(renderConsumer(scratch)), "install the packed packages"],
  ["size of the packed SDK in a page, without its worker", sizeConsumer, "install the packed packages"],
  ["size of the packed hooks in a page, before a model is opened", sizeHooks, "install the packed packages"],
  ["run the packed command", runCommand, "install the packed packages"],
]

/** What runs on Node, what runs in the browser, and the browser's tests: each has globals of its own. */
async function checkTypes() {
  for (const project of ["tsconfig.json", "tsconfig.browser.json", "tsconfig.browser-tests.json"]) {
    await local("tsc", "-p", project)
  }
}

const quietly = async (work) => void (await work)

async function take([name, work], scratch) {
  const start = performance.now()
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`
  try {
    const found = await work(scratch)
    console.log(`ok    ${name} (${seconds()})${found ? `: ${found}` : ""}`)
    return true
  } catch (error) {
    console.error(`FAIL  ${name} (${seconds()})\n\n${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

/** Steps at a time: most run compilers, which fill several cores by themselves now and then. */
const atOnce = 2

/** Those that failed, none of which keeps the ones that run from their end. */
async function takeAll(scratch) {
  const waiting = [...steps]
  const done = new Set()
  const failed = []
  const running = new Set()
  const start = (step) => {
    waiting.splice(waiting.indexOf(step), 1)
    const taking = take(step, scratch).then((isDone) => {
      running.delete(taking)
      if (isDone) done.add(step[0])
      else failed.push(step[0])
    })
    running.add(taking)
  }
  while (running.size > 0 || (failed.length === 0 && waiting.length > 0)) {
    const next = waiting.find(([, , after]) => after === undefined || done.has(after))
    if (next !== undefined && failed.length === 0 && running.size < atOnce) start(next)
    else await Promise.race(running)
  }
  return failed
}

async function check() {
  // Its real path: tools compare paths, and on some systems the temporary folder is a link.
  const scratch = await mkdtemp(join(await realpath(tmpdir()), "facet-check-"))
  try {
    return (await takeAll(scratch)).length === 0 ? 0 : 1
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

process.exitCode = await check()
