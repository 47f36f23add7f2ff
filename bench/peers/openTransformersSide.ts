/** transformers.js on Node, with its own loop and its own growing cache. */
import { basename, dirname } from "node:path"
import { AutoModelForCausalLM, env, type PreTrainedModel, Tensor } from "@huggingface/transformers"
import { clocks } from "./Clock.ts"
import { dtype } from "./onnxModel.ts"
import type { Converse, Judge, Opening, Pace, Read, Repeat, Side, Together } from "./Task.ts"

export async function openTransformersSide({ clock, folder, threads }: Opening): Promise<Side> {
  env.allowRemoteModels = false
  env.localModelPath = dirname(folder)
  const model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
    dtype,
    device: "cpu",
    use_external_data_format: true,
    local_files_only: true,
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  })
  return new TransformersSide(model, threads, clocks[clock])
}

type Batch = ReadonlyArray<ReadonlyArray<number>>

const tensor = (rows: Batch): Tensor => {
  const width = rows[0]?.length ?? 0
  return new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, width])
}
const ones = (rows: number, width: number): Tensor =>
  new Tensor("int64", new BigInt64Array(rows * width).fill(1n), [rows, width])

/** What `generate` gives when it is asked for all of it. */
interface Generated {
  readonly sequences: Tensor
  readonly past_key_values: object
}

class TransformersSide implements Side {
  readonly version = env.version
  readonly settings: string
  readonly #model: PreTrainedModel

  readonly #now: () => number

  constructor(model: PreTrainedModel, threads: number, now: () => number) {
    this.#now = now
    this.#model = model
    this.settings = `${dtype} over Facet's own weights, GroupQueryAttention, logits of the last position, ${threads === 1 ? "1 thread" : `${threads} threads`}`
  }

  async read({ prompt, tokens }: Read): Promise<Pace> {
    return (await this.#write([prompt.ids], tokens)).pace
  }

  /** It has no prompt lookup. */
  repeat({ prompt, tokens }: Repeat): Promise<Pace> {
    return this.read({ kind: "read", prompt, tokens })
  }

  async converse({ answer, first, pauseMs, second }: Converse): Promise<number> {
    const { generated } = await this.#write([first.ids], answer)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    const written = generated.sequences.tolist()[0] as ReadonlyArray<bigint>
    const all = [...written.map(Number), ...second.ids]
    return (await this.#write([all], 1, generated.past_key_values)).pace.firstMs
  }

  async judge({ prefix, suffixes }: Judge): Promise<number> {
    const startedAt = this.#now()
    const { generated } = await this.#write([prefix], 1)
    for (const suffix of suffixes) {
      await this.#model({
        input_ids: tensor([suffix]),
        attention_mask: ones(1, prefix.length + suffix.length),
        past_key_values: generated.past_key_values,
      })
    }
    return this.#now() - startedAt
  }

  async together({ prompts, tokens }: Together): Promise<number> {
    const startedAt = this.#now()
    await this.#write(
      prompts.map(({ ids }) => ids),
      tokens,
    )
    return this.#now() - startedAt
  }

  async close(): Promise<void> {
    await this.#model.dispose()
  }

  async #write(
    batch: Batch,
    tokens: number,
    past?: object,
  ): Promise<{ readonly pace: Pace; readonly generated: Generated }> {
    const startedAt = this.#now()
    const times: Array<number> = []
    const generated = await this.#model.generate({
      input_ids: tensor(batch),
      attention_mask: ones(batch.length, batch[0]?.length ?? 0),
      max_new_tokens: tokens,
      do_sample: false,
      eos_token_id: null,
      return_dict_in_generate: true,
      ...(past && { past_key_values: past }),
      streamer: { put: () => times.push(this.#now()), end: () => undefined },
    } as unknown as Parameters<PreTrainedModel["generate"]>[0]) // Its types know neither the inputs nor such a streamer.
    // The first time is that of the prompt.
    const first = times[1] ?? startedAt
    const pace = { firstMs: first - startedAt, tokenMs: ((times.at(-1) ?? first) - first) / Math.max(1, tokens - 1) }
    return { pace, generated: generated as unknown as Generated } // As it was asked for.
  }
}
