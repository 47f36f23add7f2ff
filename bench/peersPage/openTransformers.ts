import { AutoModelForCausalLM, BaseStreamer, env, Tensor } from "@huggingface/transformers"
import { type OpenContender, Stopwatch } from "./Contender.ts"

/** Is told of each token as it comes, the prompt's first. */
class Counter extends BaseStreamer {
  readonly #watch: Stopwatch
  #isPrompt = true

  constructor(watch: Stopwatch) {
    super()
    this.#watch = watch
  }

  override put(tokens: ReadonlyArray<ReadonlyArray<bigint>>): void {
    if (!this.#isPrompt) this.#watch.count(tokens[0]?.length ?? 0)
    this.#isPrompt = false
  }

  override end(): void {}
}

export const openTransformers: OpenContender = async ({ folder, runtime, threads }) => {
  const { pathname } = new URL(folder)
  const at = pathname.lastIndexOf("/")
  env.allowRemoteModels = false
  env.allowLocalModels = true
  env.useBrowserCache = false
  env.localModelPath = `${pathname.slice(0, at)}/`
  const { wasm } = env.backends.onnx
  if (wasm === undefined) throw new Error("this build has no wasm")
  wasm.wasmPaths = runtime
  wasm.numThreads = threads
  const model = await AutoModelForCausalLM.from_pretrained(pathname.slice(at + 1), {
    model_file_name: "browser",
    dtype: "q4",
    device: "wasm",
    use_external_data_format: true,
  })
  return {
    settings: `q4 over Facet's own weights, logits of the last position, ${threads} threads`,
    read: async ({ ids }, tokens) => {
      const watch = new Stopwatch()
      const inputs = new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length])
      await model.generate({
        inputs,
        max_new_tokens: tokens,
        min_new_tokens: tokens,
        do_sample: false,
        // Its type asks for a streamer of texts, and its code for what this one is.
        streamer: new Counter(watch) as never,
      })
      return watch.pace()
    },
  }
}
