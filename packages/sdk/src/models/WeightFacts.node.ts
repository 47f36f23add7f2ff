/** How large a model on the disk is, and what it will be in memory: by the headers of its files. */
import { readFile, stat } from "node:fs/promises"
import { totalmem } from "node:os"
import { byteCount } from "../words/byteCount.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { openSafetensors } from "../files/openSafetensors.ts"

export interface WeightFacts {
  /** On the disk. */
  readonly bytes: number
  readonly weights: number
  /** Whether they are as somebody published them: f32, f16 or bf16, none packed. */
  readonly isPlain: boolean
  /** In memory: the CPU computes plain weights as f32. */
  readonly memoryBytes: number
}

/** Rejects with a `ModelFileError` when the files are not there or broken. */
export async function readWeightFacts(files: ModelFiles): Promise<WeightFacts> {
  const tensors = [...(await openSafetensors(files)).values()]
  const bytes = tensors.reduce((sum, { length }) => sum + length, 0)
  const weights = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
  const isPlain = tensors.every(({ dtype }) => dtype === "F32" || dtype === "F16" || dtype === "BF16")
  return { bytes, weights, isPlain, memoryBytes: isPlain ? weights * 4 : bytes }
}

/** What this process may have, in bytes: the machine's memory, or what a container is limited to. */
export async function memoryLimit(): Promise<number> {
  // cgroup 2, cgroup 1. Node tells the same, but on some releases a number without sense where there is no limit.
  for (const path of ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    const limit = Number(await readFile(path, "utf8").catch(() => ""))
    if (limit > 0 && limit < totalmem()) return limit
  }
  return totalmem()
}

/** A warning where a model leaves the machine no memory; undefined where it fits. */
export async function memoryWarning(model: string, neededBytes: number): Promise<string | undefined> {
  const needs = `${model} needs ${byteCount(neededBytes)} of memory for its weights`
  const limit = await memoryLimit()
  if (neededBytes > limit) {
    return `${needs}, and there are ${byteCount(limit)} here: it will be slow, or not open at all. A smaller model needs less, and so do 4 bits (q4).`
  }
  const available = process.availableMemory()
  return neededBytes > available ? `${needs}, and ${byteCount(available)} are free at the moment.` : undefined
}

/** Of a file, in bytes; 0 where it is not there. */
export const fileBytes = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )
