/** `facet serve`: Gemma behind OpenAI's API and Ollama's, and the effects. */
import { availableParallelism } from "node:os"
import { type GuardOptions, type GuardRole, guardRoles } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import type { Console } from "../Console.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { jsonOption, modelOption } from "../Options.ts"
import { readThresholdsFile } from "../readThresholdsFile.ts"
import { policyFileOption, readPolicies } from "../PolicyFileFlags.ts"
import { readCalibration } from "../QuestionFiles.ts"
import { readSize } from "../readSize.ts"
import { socketVariable } from "../serve/fleet/Messages.ts"
import type { ServeOptions } from "../serve/ServeOptions.ts"
import { UsageError } from "../UsageError.ts"

const options = {
  port: { kind: "number", value: "N", about: "the port; 0 lets the system choose (default 8080)" },
  host: { kind: "text", value: "H", about: "the address to listen at (default 127.0.0.1: this machine alone)" },
  apiKey: {
    kind: "list",
    value: "KEY",
    about: "who asks must bear this key; several are allowed (default: FACET_API_KEY, else everybody may ask)",
  },
  cors: {
    kind: "list",
    value: "ORIGIN",
    about: 'pages of this origin may ask, such as https://app.example.com; several are allowed, "*" is all of them',
  },
  allowHost: {
    kind: "list",
    value: "NAME",
    about: "answer to this name too; several are allowed (without a key and --host: to those of this machine alone)",
  },
  guard: { kind: "switch", about: "judge prompts and answers; what is held back ends with content_filter" },
  roles: {
    kind: "list",
    value: "ROLE",
    about: "with --guard, whose messages are judged: system, user, assistant, tool (default: system and user)",
  },
  thresholds: {
    kind: "text",
    value: "FILE",
    about: "with --guard, flag from the thresholds on that facet eval --thresholds-out wrote",
  },
  ...policyFileOption,
  calibration: {
    kind: "text",
    value: "FILE",
    about: "answer questions on /v1/decisions and /v1/systemone with what facet calibrate wrote of them",
  },
  interventions: {
    kind: "switch",
    about: "clients of /facet may steer the model, though the first to change a site has everybody wait",
  },
  lanes: {
    kind: "number",
    value: "N",
    about: "so many answers get their next tokens in one run (default 4); 1 is fastest for one alone",
  },
  queue: { kind: "number", value: "N", about: "at most so many requests run or wait; more get 503 (default 64)" },
  maxPerClient: {
    kind: "number",
    value: "N",
    about:
      "at most so many requests of one key, or without keys of one address; more get 429 (default: half of --queue)",
  },
  maxBodyBytes: { kind: "number", flag: "max-body", value: "BYTES", about: "the largest request (default 1 MiB)" },
  workers: {
    kind: "number",
    value: "N",
    about:
      "so many processes behind the port, each with the model; a conversation stays with one (default: none but this)",
  },
  maxMemory: {
    kind: "text",
    value: "SIZE",
    about:
      "the most memory of a process with the model, such as 6GB; one that takes more is replaced, or ends (default: any)",
  },
  shareWeights: {
    kind: "switch",
    about: "keep the weights as they are multiplied in a file that --workers share in memory: twice their size on disk",
  },
  grace: { kind: "number", value: "SECONDS", about: "time for running answers to end at shutdown (default 30)" },
  ...modelOption,
  shield: {
    kind: "text",
    value: "M",
    about: "the model that judges (default: the one that belongs to --model)",
  },
  ...deviceOptions,
  json: { ...jsonOption.json, about: "print where it listens as one line of JSON on stdout" },
} as const

const anyOrigin = "*"
/** The server's own default, which a fleet needs to know too: what is larger no worker takes. */
const defaultMaxBody = 1024 * 1024
/** Each has the model open: a machine with room for more has more than one of them. */
const mostWorkers = 256
/** As a single process takes by default. */
const mostThreads = 16
const loopback = /^(127(\.\d+){3}|::1|localhost)$/

export const serve = defineCommand(
  {
    name: "serve",
    summary: "serve OpenAI's API, Ollama's and the effects over HTTP, with health checks and metrics",
    options,
    endsBySignal: true,
    examples: [
      ["serve", "at http://127.0.0.1:8080/v1, with the embedded model"],
      ["serve --port 9000 --guard", "judge what comes in and what goes out"],
      ["serve --workers 4 --max-memory 6GB", "four processes behind one port; SIGHUP replaces them one by one"],
      ["serve --port 11434", "where Ollama's clients look for it"],
      ["serve --cors http://localhost:5173", "to a page of Vite's development server too, with @facet/react-hooks"],
      ["serve --host 0.0.0.0 --model google/gemma-2-2b-it", "to the network, with the key in FACET_API_KEY"],
    ],
  },
  async (
    console,
    _,
    {
      allowHost,
      apiKey,
      calibration: kept,
      cors = [],
      device,
      grace = 30,
      guard,
      interventions = false,
      host = "127.0.0.1",
      json,
      lanes = 4,
      maxBodyBytes,
      maxMemory,
      maxPerClient,
      model,
      policyFile,
      port = 8080,
      queue,
      roles,
      shield,
      shareWeights,
      prefill,
      threads,
      thresholds: file,
      workers,
    },
  ) => {
    checkRange("port", port, 65_535, true)
    checkRange("grace", grace, 86_400, false)
    if (workers !== undefined) checkWorkers(workers)
    const maxMemoryBytes = maxMemory === undefined ? undefined : readSize("max-memory", maxMemory)
    for (const origin of cors) checkOrigin(origin)
    for (const name of allowHost ?? []) checkHost(name)
    if (file !== undefined && guard !== true) {
      throw new UsageError("--thresholds says from where on --guard flags. Add --guard.")
    }
    if (policyFile !== undefined && guard !== true) {
      throw new UsageError("--policy-file says what --guard judges by. Add --guard.")
    }
    const thresholds = await readThresholdsFile(file)
    const policies = await readPolicies({ file: policyFile })
    const calibration = kept === undefined ? undefined : await readCalibration(kept)
    const given = {
      ...(roles && checkedRoles(roles, guard)),
      ...(thresholds && { thresholds }),
      ...(policies && { policies }),
    }
    const judged = Object.keys(given).length === 0 ? guard : given
    const keys = apiKey ?? keysFrom(process.env)
    const socket = process.send === undefined ? undefined : process.env[socketVariable]
    const isFront = socket === undefined
    if (isFront && keys === undefined && !loopback.test(host)) await warn(console, host)
    if (isFront && keys === undefined && cors.includes(anyOrigin)) await warnOfPages(console)
    const serving: ServeOptions = {
      port,
      host,
      allowedHosts: allowedHosts(allowHost, host, keys),
      graceSeconds: grace,
      open: {
        lanes,
        ...(model && { model }),
        ...(shield && { shield }),
        ...(queue !== undefined && { queue }),
        ...(shareWeights !== undefined && { shareWeights }),
        ...readDevice({ device, prefill, threads: threads ?? (workers && threadsOf(workers)) }),
      },
      cors,
      calibration,
      interventions,
      api: { apiKey: keys, guard: judged, maxBodyBytes, maxPerClient },
      maxMemoryBytes,
      json: json === true,
    }
    await run(console, serving, { lanes, socket, workers }).catch((error: unknown) => {
      throw toldBetter(error, host, port)
    })
    return 0
  },
)

interface Part {
  readonly lanes: number
  /** Where a worker of a fleet listens. */
  readonly socket: string | undefined
  readonly workers: number | undefined
}

/** As one process alone, as the front of several, or as one of them. Imported when it is needed: help answers at once. */
async function run(console: Console, serving: ServeOptions, { lanes, socket, workers }: Part): Promise<void> {
  if (socket !== undefined) {
    const { runWorker } = await import("../serve/fleet/runWorker.ts")
    return runWorker(console, serving, socket)
  }
  if (workers !== undefined) {
    const { runFleet } = await import("../serve/fleet/runFleet.ts")
    const { maxBodyBytes = defaultMaxBody } = serving.api
    return runFleet(console, serving, { workers, maxBodyBytes, slack: lanes })
  }
  const { runServer } = await import("../serve/runServer.ts")
  return runServer(console, serving)
}

/** As many threads for each as there are cores for it. */
const threadsOf = (workers: number): number =>
  Math.min(mostThreads, Math.max(1, Math.floor(availableParallelism() / workers)))

function checkWorkers(workers: number): void {
  if (Number.isInteger(workers) && workers >= 1 && workers <= mostWorkers) return
  throw new UsageError(`--workers takes a whole number from 1 to ${mostWorkers}, not ${workers}`)
}

function checkRange(flag: string, value: number, max: number, isWhole: boolean): void {
  if (value >= 0 && value <= max && (!isWhole || Number.isInteger(value))) return
  throw new UsageError(`--${flag} takes ${isWhole ? "a whole number" : "a number"} from 0 to ${max}, not ${value}`)
}

function checkedRoles(roles: ReadonlyArray<string>, guard: boolean | undefined): GuardOptions {
  if (guard !== true) throw new UsageError("--roles says whose messages --guard judges. Add --guard.")
  const judged = roles.flatMap((list) => list.split(",")).map((role) => role.trim())
  const known = judged.filter((role) => isGuardRole(role))
  const wrong = judged.find((role) => !isGuardRole(role))
  if (wrong !== undefined) throw new UsageError(`--roles takes ${guardRoles.join(", ")}, not ${wrong}`)
  if (!known.includes("user")) throw new UsageError("--roles leaves out the user, whom a guard is for. Add user.")
  return { roles: known }
}

const isGuardRole = (role: string): role is GuardRole => guardRoles.some((known) => known === role)

/** Browsers compare letter by letter: what is no origin as they write it would never match. */
function checkOrigin(text: string): void {
  if (text === anyOrigin) return
  const told = `--cors takes an origin such as https://app.example.com, or "*" for all, not ${JSON.stringify(text)}`
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s*/?#@]+\/?$/i.test(text) || !URL.canParse(text)) throw new UsageError(told)
  const { host, protocol } = new URL(text)
  // `URL.origin` is "null" for the schemes of apps, such as capacitor://localhost.
  const origin = `${protocol}//${host}`
  if (origin !== text) throw new UsageError(`${told}. Write ${origin}`)
}

/**
 * Whom the server answers to. At an address of this machine it trusts that nobody else reaches it, and a page of the web
 * would, under a name of its own that resolves to 127.0.0.1. Where there is a key, the page has none.
 */
function allowedHosts(
  names: ReadonlyArray<string> | undefined,
  host: string,
  keys: ReadonlyArray<string> | undefined,
): ReadonlyArray<string> | undefined {
  if (names === undefined && (keys !== undefined || !loopback.test(host))) return undefined
  return loopback.test(host) ? [host, ...(names ?? [])] : names
}

function checkHost(name: string): void {
  if (/^(\[[\da-f:.]+\]|[\da-z]([\da-z.-]*[\da-z])?)$/i.test(name)) return
  const told = "takes a name or an address without scheme and port, such as facet.example.com or [fd00::1]"
  throw new UsageError(`--allow-host ${told}, not ${JSON.stringify(name)}`)
}

/** A key that is set and empty was meant to protect: it must not leave the door open. */
function keysFrom({ FACET_API_KEY: key }: NodeJS.ProcessEnv): ReadonlyArray<string> | undefined {
  if (key === "") throw new UsageError("FACET_API_KEY is empty. Set it to a key, or unset it to let everybody ask.")
  return key === undefined ? undefined : [key]
}

const warn = ({ err }: Console, host: string): Promise<void> =>
  err.writeLine(
    err.paint.bad(`Warning: everybody who reaches ${host} may ask. Set FACET_API_KEY, or listen at 127.0.0.1.`),
  )

const warnOfPages = ({ err }: Console): Promise<void> =>
  err.writeLine(
    err.paint.bad("Warning: every page in a browser that reaches this server may ask. Name the origins with --cors."),
  )

function toldBetter(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  const problem = {
    EADDRINUSE: `port ${port} is taken. Choose another with --port, or 0 for any.`,
    EACCES: `port ${port} may not be used by this user. Choose one from 1024 on with --port.`,
    EADDRNOTAVAIL: `this machine has no address ${host}. Choose another with --host.`,
    ENOTFOUND: `there is no host ${host}. Choose another with --host.`,
  }[String(code)]
  return problem === undefined ? error : new Error(problem, { cause: error })
}
