/** One tab's worker with the hub in it, and the host of models, as a test in the page sees them. */
import { inject } from "vitest"
import type { Progress } from "../../../src/words/Progress.ts"
import type { Site } from "../../../src/words/Site.ts"
import type { Restart } from "../../../src/files/opfs/downloadFile.browser.ts"
import type { RemoteFolderOptions } from "../../../src/files/opfs/openRemoteFolder.browser.ts"
import type { RemoteModelOptions } from "../../../src/models/openRemoteModel.browser.ts"
import type { WeightDtype } from "../../../src/words/Tensors.ts"
import type { SaeEntry } from "../../../src/scope/SaePath.ts"
import type { Behaviour, HostedFolder, LoggedRequest } from "./modelHost.ts"

type OpenOptions = Pick<RemoteFolderOptions, "storage" | "stallMs" | "retryDelaysMs" | "sha256">

type ModelOptions = OpenOptions &
  Pick<RemoteModelOptions, "packing" | "packAbove" | "device"> & { readonly usualDtype?: WeightDtype }

/** A test has no time for real patience. */
const retryDelaysMs = [20, 40, 80]

type Request =
  | { readonly type: "open"; readonly url: string; readonly options: OpenOptions }
  | { readonly type: "openScope"; readonly url: string; readonly given: Partial<Site>; readonly options?: OpenOptions }
  | { readonly type: "openModel"; readonly url: string; readonly options: ModelOptions }
  | { readonly type: "openAssets"; readonly urls: Readonly<Record<string, string>> }
  | { readonly type: "read"; readonly name: string; readonly offset: number; readonly length: number }
  | { readonly type: "text" | "size" | "exists"; readonly name: string }
  | { readonly type: "abort" | "denyStorage" | "isLoaded" }
  | { readonly type: "limitStorage"; readonly bytes: number }

export type Call = Request & { readonly id: number }

export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly failure?: { readonly name: string; readonly message: string }
  readonly progress?: object
  readonly restart?: object
}

/** What failed in the worker. */
export class HubFailure extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (cause: Error) => void
}

const running = new Set<HubClient>()

export class HubClient {
  readonly progress: Array<Progress> = []
  readonly restarts: Array<Restart> = []
  readonly #worker = new Worker(new URL("./filesWorker.browser.ts", import.meta.url), { type: "module" })
  readonly #waiting = new Map<number, Waiting>()
  #calls = 0

  constructor() {
    running.add(this)
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => this.#take(data))
  }

  /** Ends the worker in the middle of whatever it does, as leaving the page does. */
  end(): void {
    this.#worker.terminate()
    running.delete(this)
  }

  static endAll(): void {
    for (const client of running) client.end()
  }

  // The worker answers each call with what the function there returns.
  open = (url: string, options: OpenOptions = {}) =>
    this.#call({ type: "open", url, options: { retryDelaysMs, ...options } }) as Promise<string>
  openModel = (url: string, options: ModelOptions = {}) =>
    this.#call({ type: "openModel", url, options: { retryDelaysMs, ...options } }) as Promise<string>
  openScope = (url: string, given: Partial<Site> = {}, options: OpenOptions = {}) =>
    this.#call({ type: "openScope", url, given, options: { retryDelaysMs, ...options } }) as Promise<{
      root: string
      entries: Array<SaeEntry>
    }>
  openAssets = (urls: Readonly<Record<string, string>>) => this.#call({ type: "openAssets", urls }) as Promise<string>
  abort = () => this.#call({ type: "abort" })
  isLoaded = () => this.#call({ type: "isLoaded" })
  limitStorage = (bytes: number) => this.#call({ type: "limitStorage", bytes })
  denyStorage = () => this.#call({ type: "denyStorage" })
  read = (name: string, offset: number, length: number) =>
    this.#call({ type: "read", name, offset, length }) as Promise<Uint8Array<ArrayBuffer>>
  text = (name: string) => this.#call({ type: "text", name }) as Promise<string>
  size = (name: string) => this.#call({ type: "size", name }) as Promise<number>
  exists = (name: string) => this.#call({ type: "exists", name }) as Promise<boolean>

  #call(request: Request): Promise<unknown> {
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ ...request, id } satisfies Call)
    })
  }

  #take({ failure, id, progress, restart, value }: Answer): void {
    // The worker passes on what the hub told it.
    if (progress !== undefined) return void this.progress.push(progress as Progress)
    if (restart !== undefined) return void this.restarts.push(restart as Restart)
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (failure === undefined) waiting?.resolve(value)
    else waiting?.reject(new HubFailure(failure.name, failure.message))
  }
}

const hostUrl = inject("modelHost")

/** Adds a folder to the host. */
export const host = (behaviour: Behaviour = {}): Promise<HostedFolder> => ask("control", behaviour)

/** Changes how the host treats a folder. */
export const change = ({ id }: HostedFolder, behaviour: Behaviour): Promise<HostedFolder> =>
  ask(`control/${id}`, behaviour)

/** What was asked of a folder. */
export const requests = async ({ id }: HostedFolder): Promise<ReadonlyArray<LoggedRequest>> =>
  // The host sends its log.
  (await (await fetch(`${hostUrl}/log/${id}`)).json()) as ReadonlyArray<LoggedRequest>

async function ask(path: string, behaviour: Behaviour): Promise<HostedFolder> {
  const response = await fetch(`${hostUrl}/${path}`, { method: "POST", body: JSON.stringify(behaviour) })
  // The host describes the folder.
  return (await response.json()) as HostedFolder
}

/** Waits for something that a worker does. */
export async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await isDone()); waited++) {
    if (waited > 500) throw new Error("it did not happen within 10 seconds")
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
