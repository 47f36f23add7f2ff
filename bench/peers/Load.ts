/** Who uses the processor, as Linux tells it; elsewhere nothing is known. */
import { readFile } from "node:fs/promises"

const ticks = (text: string): number => Number(text)

/** Ticks (1/100 s) that the whole machine was busy, what its host took from it included, and all ticks. */
async function machine(): Promise<{ readonly busy: number; readonly all: number } | undefined> {
  const text = await readFile("/proc/stat", "utf8").catch(() => undefined)
  const fields = text?.split("\n", 1)[0]?.trim().split(/\s+/).slice(1, 9).map(ticks)
  if (fields === undefined) return undefined
  const all = fields.reduce((sum, field) => sum + field, 0)
  const [, , , idle = 0, waiting = 0] = fields
  return { busy: all - idle - waiting, all }
}

/** Ticks that a process was busy with. */
async function processTicks(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined)
  // Behind the name, which may hold spaces.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ")
  return fields === undefined ? undefined : ticks(fields[11] ?? "0") + ticks(fields[12] ?? "0")
}

/** From now until the result is called: the share of the processor's time that neither the process nor this one took. */
export async function otherWork(pid: number | undefined): Promise<() => Promise<number | undefined>> {
  const pids = [process.pid, ...(pid === undefined ? [] : [pid])]
  const look = async () => ({ machine: await machine(), own: await Promise.all(pids.map(processTicks)) })
  const before = await look()
  return async () => {
    const after = await look()
    if (before.machine === undefined || after.machine === undefined) return undefined
    const sum = (all: ReadonlyArray<number | undefined>) => all.reduce<number>((total, own = 0) => total + own, 0)
    const others = after.machine.busy - before.machine.busy - (sum(after.own) - sum(before.own))
    const all = after.machine.all - before.machine.all
    return all === 0 ? 0 : Math.min(1, Math.max(0, others / all))
  }
}

const stepMs = 100
const mostSteps = 100

/** Waits until a process hardly works any more, at most ten seconds. */
export async function settle(pid: number | undefined): Promise<void> {
  if (pid === undefined) return
  let last = await processTicks(pid)
  for (let step = 0; step < mostSteps; step++) {
    await new Promise((resolve) => setTimeout(resolve, stepMs))
    const now = await processTicks(pid)
    if (now === undefined || last === undefined || now - last <= 1) return
    last = now
  }
}

const calmShare = 0.05

/** Waits until others hardly use the processor, at most so long. */
export async function waitForCalm(mostMs: number): Promise<void> {
  for (const end = performance.now() + mostMs; performance.now() < end;) {
    const work = await otherWork(undefined)
    await new Promise((resolve) => setTimeout(resolve, 2 * stepMs))
    const share = await work()
    if (share === undefined || share < calmShare) return
  }
}
