/** What the machine is. */
import { readFile } from "node:fs/promises"
import { cpus, totalmem } from "node:os"

export interface Processor {
  readonly name: string
  readonly cores: number
  /** Instruction sets that decide how fast whole numbers are multiplied; none where the system does not tell them. */
  readonly instructions: ReadonlyArray<string>
  readonly memoryBytes: number
}

const telling: Readonly<Record<string, string>> = {
  avx2: "AVX2",
  avx_vnni: "AVX-VNNI",
  avx512f: "AVX-512",
  avx512_vnni: "AVX-512 VNNI",
  avx512_bf16: "AVX-512 BF16",
  amx_int8: "AMX int8",
  amx_bf16: "AMX bf16",
  asimddp: "dot products",
  i8mm: "int8 matrices",
  sve: "SVE",
}

export async function processor(): Promise<Processor> {
  const all = cpus()
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "")
  return {
    name: all[0]?.model ?? "unknown",
    cores: all.length,
    instructions: instructionsOf(text),
    memoryBytes: totalmem(),
  }
}

/** Of the text of `/proc/cpuinfo`. */
export function instructionsOf(text: string): ReadonlyArray<string> {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1]?.split(" "))
  return Object.entries(telling).flatMap(([flag, name]) => (flags.has(flag) ? [name] : []))
}
