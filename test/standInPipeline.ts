/** A pipeline that transformers.js runs in earnest, of a model that says one thing. */
import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gemmaFolder } from "@facet/tiny"
import { env, pipeline, type TextGenerationPipeline } from "@huggingface/transformers"
// oxlint-disable-next-line no-restricted-imports -- the one ONNX writer here, which no package exports
import { ElementType, GraphBuilder } from "../packages/sdk/src/graph/Onnx.ts"

const endOfTurn = 107n

/**
 * Says `text` to any prompt, with the embedded model's tokenizer and chat template: its graph knows which token follows
 * which, so that no token may stand in the text twice. Goes on for ever with `endless`.
 */
export async function standInPipeline(text: string, { endless = false } = {}): Promise<TextGenerationPipeline> {
  const folder = await mkdtemp(join(tmpdir(), "facet-pipeline-"))
  await mkdir(join(folder, "onnx"))
  for (const file of ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"]) {
    await copyFile(join(gemmaFolder, file), join(folder, file))
  }
  env.allowRemoteModels = false
  env.localModelPath = tmpdir()
  await writeFile(join(folder, "onnx", "model.onnx"), graph(new Map()))
  const { tokenizer } = await pipeline("text-generation", folder, { dtype: "fp32", device: "cpu" })
  const ids = tokenizer.encode(text, { add_special_tokens: false }).map(BigInt)
  if (new Set(ids).size !== ids.length) throw new Error(`a token stands twice in ${JSON.stringify(text)}`)
  const prompt = tokenizer.apply_chat_template([{ role: "user", content: "Hi." }], { add_generation_prompt: true })
  const last = BigInt((prompt as { readonly input_ids: { tolist(): bigint[][] } }).input_ids.tolist()[0]!.at(-1)!)
  const next = new Map<bigint, bigint>()
  for (const [i, id] of [last, ...ids].entries()) next.set(id, ids[i] ?? (endless ? ids[0]! : endOfTurn))
  await writeFile(join(folder, "onnx", "model.onnx"), graph(next))
  return pipeline("text-generation", folder, { dtype: "fp32", device: "cpu" })
}

const vocabulary = 3328

function graph(next: ReadonlyMap<bigint, bigint>): Uint8Array {
  const builder = new GraphBuilder("stand-in")
  const ids = builder.input("input_ids", ElementType.int64, ["batch", "length"])
  const table = BigInt64Array.from({ length: vocabulary }, (_, id) => next.get(BigInt(id)) ?? endOfTurn)
  const following = builder.op("Gather", [builder.constant(table), ids])
  const logits = builder.op("OneHot", [following, builder.ints(vocabulary), builder.constant(Float32Array.of(0, 20))])
  builder.output("logits", logits, ["batch", "length", vocabulary])
  return builder.build().bytes
}
