import { expect, test } from "vitest"
import { instructionsOf } from "../../peers/processor.ts"

test("the instruction sets that matter are named, of x86 and of Arm", () => {
  const text = "processor\t: 0\nflags\t\t: fpu sse2 avx2 avx512f avx512_vnni amx_int8 amx_tile\n\nprocessor\t: 1\n"
  expect(instructionsOf(text)).toStrictEqual(["AVX2", "AVX-512", "AVX-512 VNNI", "AMX int8"])
  expect(instructionsOf("Features\t: fp asimd asimddp i8mm\n")).toStrictEqual(["dot products", "int8 matrices"])
  expect(instructionsOf("")).toStrictEqual([])
})
