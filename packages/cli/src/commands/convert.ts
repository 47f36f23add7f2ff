/** `facet convert`: a published checkpoint becomes a Facet folder. */
import { byteCount } from "@facet/sdk/words"
import type { Block, ConvertOptions, ConvertProgress, Dtype, ModelDtype } from "@facet/checkpoint"
import { bar } from "../bar.ts"
import { defineCommand } from "../Command.ts"
import type { Screen } from "../Console.ts"
import { jsonOption, type OptionSpecs, type Values } from "../Options.ts"
import { fit } from "../textWidth.ts"
import { UsageError } from "../UsageError.ts"

const options = {
  dtype: {
    kind: "text",
    value: "D",
    about: "q4, q4-mixed, q8, int8, f16 or f32 (default: q4, or q8 for fewer than 10^9 weights)",
  },
  block: { kind: "number", value: "N", about: "weights that share a scale in q4 and q8: 32, 64 or 128" },
  embedding: { kind: "text", value: "D", about: "another dtype for the embedding (default: q8 where the rest is q4)" },
  head: { kind: "text", value: "D", about: "another dtype for the output head (default: the embedding's)" },
  importance: { kind: "text", value: "FILE", about: "what each input counts, measured: q4 is rounded by it" },
  adapter: { kind: "text", value: "DIR", about: "a LoRA as peft saves it, merged into the weights" },
  ...jsonOption,
} as const satisfies OptionSpecs

/** Erases the line that the cursor is in. */
const clearLine = "\r\u001b[K"

/** A progress line is written so often at most. */
const progressMs = 100
const barWidth = 30

export const convert = defineCommand(
  {
    name: "convert",
    operand: "IN OUT",
    takes: "names",
    summary: "make a Facet folder of a checkpoint, with quantised weights",
    options,
    examples: [
      ["convert gemma-2-2b-it gemma-2-2b-it-q4", "a folder of safetensors becomes one of 4-bit weights"],
      [
        "convert gemma2_instruct_2b_en gemma-2-2b-it",
        "so does Kaggle's folder of Keras's files, a GGUF, or gemma.cpp's .sbs",
      ],
      ["convert gemma-2-2b-it gemma-q8 --dtype q8 --json", "8 bits; what was done as one JSON document"],
    ],
  },
  async ({ err, out, signal, verbose }, source, { adapter, importance, json, ...given }, [target = ""]) => {
    // Imported when it is needed: help and mistyped commands answer at once.
    const checkpoint = await import("@facet/checkpoint")
    const packing = readPacking(given, checkpoint)
    const isTransient = err.isTerminal && !verbose
    const onProgress = isTransient || verbose ? showing(err, isTransient) : undefined
    try {
      const { bytes, leftOut, warnings } = await checkpoint.convertModel(source, target, {
        ...packing,
        ...(adapter !== undefined && { adapter }),
        ...(importance !== undefined && { importance }),
        ...(onProgress && { onProgress }),
        signal,
      })
      if (isTransient) await err.write(clearLine)
      for (const part of leftOut) await err.writeLine(err.paint.dim(`Left out: ${part}.`))
      for (const warning of warnings) await err.writeLine(`Warning: ${warning}`)
      await out.writeLine(
        json === true
          ? JSON.stringify({ target, bytes, leftOut, warnings })
          : `${target}: ${byteCount(bytes)}. Try: facet generate --model ${target} "Hello"`,
      )
      return 0
    } catch (cause) {
      if (isTransient) await err.write(clearLine)
      throw cause
    }
  },
)

type Given = Omit<Values<typeof options>, "adapter" | "importance" | "json">

/** What the words say, where they are words that a conversion knows. */
function readPacking(
  { block, dtype, embedding, head }: Given,
  known: {
    readonly blocks: ReadonlyArray<Block>
    readonly dtypes: ReadonlyArray<Dtype>
    readonly modelDtypes: ReadonlyArray<ModelDtype>
  },
): Pick<ConvertOptions, "dtype" | "block" | "embedding" | "head"> {
  return {
    dtype: oneOf("dtype", dtype, known.modelDtypes),
    block: oneOf("block", block, known.blocks),
    embedding: oneOf("embedding", embedding, known.dtypes),
    head: oneOf("head", head, known.dtypes),
  }
}

function oneOf<T extends string | number>(
  option: string,
  given: string | number | undefined,
  known: ReadonlyArray<T>,
): T | undefined {
  const found = known.find((one) => one === given)
  if (given === undefined || found !== undefined) return found
  const shown = typeof given === "string" ? `"${given}"` : given
  throw new UsageError(`--${option} takes ${known.join(", ")}, not ${shown}`)
}

/** Tells how far a conversion is: in one line that changes, or in lines for a log. */
function showing(err: Screen, isTransient: boolean): (progress: ConvertProgress) => void {
  let shownAt = -Infinity
  return (progress) => {
    const isLast = progress.loadedBytes === progress.totalBytes
    if (performance.now() - shownAt < progressMs && !isLast) return
    shownAt = performance.now()
    void (isTransient
      ? err.write(`${clearLine}${fit(progressLine(progress), err.columns - 1)}`)
      : err.writeLine(progressLine(progress)))
  }
}

function progressLine({ loadedBytes, secondsLeft, tensor, totalBytes }: ConvertProgress): string {
  const share = loadedBytes / totalBytes
  const left = secondsLeft === undefined ? "" : `, ${timeLeft(secondsLeft)} left`
  const amount = `${byteCount(loadedBytes)} of ${byteCount(totalBytes)}`
  return `${bar(share, barWidth).padEnd(barWidth)} ${String(Math.floor(share * 100)).padStart(3)} %  ${amount}${left}  ${tensor}`
}

const timeLeft = (seconds: number): string =>
  seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
