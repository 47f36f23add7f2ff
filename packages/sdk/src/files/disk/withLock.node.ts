/** One process at a time, on this machine or on others that share the disk. */
import { randomUUID } from "node:crypto"
import { mkdir, open, readFile, rm, stat, utimes } from "node:fs/promises"
import { hostname } from "node:os"
import { dirname } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { isJsonObject } from "../ModelFiles.ts"
import { diskError } from "./diskError.node.ts"
import { makeFolder } from "./makeFolder.node.ts"

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Told once, when somebody else is at work. */
  readonly onWait?: (() => void) | undefined
  /**
   * A holder that gives no sign for so long is taken for dead, in milliseconds: on another machine, or before this
   * container was started anew with the same numbers of processes. Default 60 seconds.
   */
  readonly silentMs?: number | undefined
}

/** How often a holder gives a sign, and how often those who wait look, in milliseconds. */
const signEvery = 5000
const lookEvery = 150
/** Taking over is a matter of milliseconds: who has not finished after so many is dead. */
const takeoverMs = 10_000

interface Holder {
  readonly pid: number
  readonly host: string
  /** Of this taking of the lock. */
  readonly id: string
}

/**
 * Does some work while nobody else does any under the same lock: a file that names who holds it. The lock of a process
 * that died is taken over.
 *
 * Rejects with a `StorageError` when the file cannot be written, and with the signal's reason when aborted.
 */
export async function withLock<A>(path: string, options: LockOptions, work: () => Promise<A>): Promise<A> {
  const { onWait, signal, silentMs = 60_000 } = options
  const holder: Holder = { pid: process.pid, host: hostname(), id: randomUUID() }
  let hasWaited = false
  for (;;) {
    signal?.throwIfAborted()
    if (await take(path, holder)) break
    if (await isDead(path, silentMs)) {
      await takeOver(path, silentMs)
      continue
    }
    if (!hasWaited) onWait?.()
    hasWaited = true
    await pause(lookEvery, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted())
  }
  const signs = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), signEvery)
  signs.unref()
  try {
    return await work()
  } finally {
    clearInterval(signs)
    // Somebody who took us for dead may hold it now.
    if ((await readHolder(path))?.id === holder.id) await rm(path, { force: true })
  }
}

/** Creates the file, unless it is there. */
async function take(path: string, holder: Holder): Promise<boolean> {
  try {
    await makeFolder(dirname(path))
    await using file = await open(path, "wx")
    await file.writeFile(JSON.stringify(holder))
    return true
  } catch (cause) {
    if (isCode(cause, "EEXIST")) return false
    throw diskError(path, cause)
  }
}

const isCode = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code

async function isDead(path: string, silentMs: number): Promise<boolean> {
  const age = await ageOf(path)
  // Given back this moment.
  if (age === undefined) return false
  const holder = await readHolder(path)
  // One that is being written has no words yet; one that stays so was left by a process that died at once.
  if (holder === undefined) return age > takeoverMs
  return age > silentMs || (holder.host === hostname() && !isAlive(holder.pid))
}

const ageOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => undefined,
  )

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"))
    if (!isJsonObject(value)) return undefined
    const { host, id, pid } = value
    if (typeof pid !== "number" || typeof host !== "string" || typeof id !== "string") return undefined
    return { pid, host, id }
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // Somebody else's process is alive, too.
    return isCode(cause, "EPERM")
  }
}

/** Removes a dead process' lock. One at a time: the second to see it might remove that of the first. */
async function takeOver(path: string, silentMs: number): Promise<void> {
  const turn = `${path}.takeover`
  try {
    await mkdir(turn)
  } catch {
    if (((await ageOf(turn)) ?? 0) > takeoverMs) await rm(turn, { recursive: true, force: true })
    await pause(lookEvery)
    return
  }
  try {
    if (await isDead(path, silentMs)) await rm(path, { force: true })
  } finally {
    await rm(turn, { recursive: true, force: true })
  }
}
