import { Wllama } from "@wllama/wllama"
// Where the bundler puts it.
const wasm = new URL("../../node_modules/@wllama/wllama/esm/wasm/wllama.wasm", import.meta.url).href
import { type OpenContender, Stopwatch } from "./Contender.ts"

/** `<eos>` and `<end_of_turn>` never: its types want both of the forms that its code takes. */
const endless = { logit_bias: { 1: -100, 107: -100 } as never }

export const openWllama: OpenContender = async ({ folder, threads }) => {
  const wllama = new Wllama({ default: wasm }, { suppressNativeLog: true })
  const file = await fetch(`${folder}/model.gguf`)
  await wllama.loadModel([await file.blob()], { n_ctx: 2048, n_batch: 512, n_gpu_layers: 0, n_threads: threads })
  return {
    settings: `Q4_0, batch 512, ${wllama.getNumThreads()} threads`,
    read: async ({ text }, tokens) => {
      const watch = new Stopwatch()
      const stream = await wllama.createCompletion({
        // It puts `<bos>` before the text by itself.
        prompt: text,
        max_tokens: tokens,
        temperature: 0,
        ...endless,
        stream: true,
      })
      for await (const chunk of stream) if (typeof chunk.choices[0]?.finish_reason !== "string") watch.count(1)
      return watch.pace()
    },
  }
}
