import { availableParallelism } from "node:os"
import { expect, test } from "vitest"
import { readOptions } from "../../peers/readOptions.ts"

test("without options: the size that fits into five minutes, all sides, the widest block", () => {
  expect(readOptions(["--peers"])).toMatchObject({
    size: "270m",
    block: 128,
    contexts: [33, 129, 257, 1025],
    minutes: 5,
    threads: availableParallelism(),
    sides: ["facet", "node-llama-cpp", "transformers.js"],
    json: undefined,
    against: undefined,
  })
})

test("every option is read; the widest block is the size's own", () => {
  const words =
    "--peers --size tiny --contexts 33,4096 --rounds 3 --minutes 0.5 --threads 1 --folder /models --json a.json"
  expect(readOptions([...words.split(" "), "--sides", "facet, node-llama-cpp", "--against", "/other"])).toStrictEqual({
    size: "tiny",
    block: 64,
    contexts: [33, 4096],
    rounds: 3,
    minutes: 0.5,
    threads: 1,
    clock: "wall",
    folder: "/models",
    json: "a.json",
    sides: ["facet", "node-llama-cpp"],
    against: "/other",
    prefill: undefined,
    shareWeights: false,
  })
})

test.each([
  ["--size 9b", "--size: 9b is none of tiny, 270m, 2b"],
  ["--size tiny --block 128", "--block: 128 is none of 32, 64"],
  ["--block 33", "--block: 33 is none of 32, 64, 128"],
  ["--contexts 33,x", "--contexts: x is no number"],
  ["--contexts 9000", "--contexts: 9000 is out of range"],
  ["--rounds 0", "--rounds: 0 is no number above zero"],
  ["--rounds 1.5", "--rounds: 1.5 is no whole number"],
  ["--minutes -1", "--minutes"],
  ["--threads", "--threads"],
  ["--clock sun", "--clock: sun is none of wall, cpu"],
  ["--clock cpu --threads 2", "--clock cpu: it needs --threads 1"],
  ["--sides facet,ollama", "--sides: ollama is none of"],
  ["--fast", "--fast"],
])("%s is refused by name", (words, message) => {
  expect(() => readOptions(words.split(" "))).toThrow(message)
})
