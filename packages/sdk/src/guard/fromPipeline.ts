/** Pipelines of transformers.js as functions that a guard goes around: `@facet/sdk/transformers`. */
import { InvalidRequestError } from "../words/Errors.ts"
import type { SourceContext } from "./PromiseGuard.ts"

/** What is needed of a pipeline `text-generation`; the library's own types are an app's to have. */
export interface TextPipeline {
  (input: never, options: never): Promise<unknown>
  /** Its `chat_template` says whether the model is asked with messages. */
  readonly tokenizer: { readonly chat_template?: unknown }
}

/** A message, as chat templates take it. */
export interface PipelineMessage {
  readonly role: "system" | "user" | "assistant"
  readonly content: string
}

export interface PipelineOptions {
  /** What the pipeline is asked with a prompt: a text or a chat. By default a user's message, or the prompt alone. */
  readonly ask?: (prompt: string) => string | ReadonlyArray<PipelineMessage>
  /** Handed to the pipeline as they are, such as `max_new_tokens`. `stopping_criteria` are asked beside the guard's. */
  readonly options?: Readonly<Record<string, unknown>>
}

/**
 * A function that makes a stream of text with a pipeline of transformers.js: for `facet.guard().stream()`. The pipeline
 * is interrupted after the token at hand when the guard trips, the reader leaves or the caller aborts. What the
 * pipeline fails with, the stream fails with.
 *
 * @param generator - `await pipeline("text-generation", model)` of `@huggingface/transformers`, which the app installs.
 * @throws InvalidRequestError when the options hold a `streamer`, whose texts nobody would judge.
 *
 * @example
 * const safe = facet.guard().stream(fromPipeline(generator, { options: { max_new_tokens: 64 } }))
 * for await (const part of safe("How do I bake bread?")) if (part.type === "value") console.log(part.value)
 */
export function fromPipeline(
  generator: TextPipeline,
  { ask = asChat(generator), options = {} }: PipelineOptions = {},
): (prompt: string, context: SourceContext) => Promise<ReadableStream<string>> {
  if (options["streamer"] !== undefined) {
    throw new InvalidRequestError({
      option: "options.streamer",
      problem: "its texts would go out unjudged",
      remedy: "Leave it out, and read the guarded stream.",
    })
  }
  // Its own type takes many inputs; what it takes is what `ask` gives.
  const run = generator as unknown as (input: unknown, options: unknown) => Promise<unknown>
  return async (prompt, { signal }) => {
    // Late, as it loads a runtime: whoever has a pipeline has loaded it before. It is the app's own, and no engine of ours.
    // oxlint-disable-next-line no-restricted-imports
    const { InterruptableStoppingCriteria, TextStreamer } = await import("@huggingface/transformers")
    const ours = new InterruptableStoppingCriteria()
    const stop = (): void => ours.interrupt()
    return new ReadableStream<string>({
      start(controller) {
        signal.addEventListener("abort", stop)
        if (signal.aborted) stop()
        // Of the tokenizer it only decodes; the app's copy of the library may be another than ours.
        const tokenizer = generator.tokenizer as ConstructorParameters<typeof TextStreamer>[0]
        const streamer = new TextStreamer(tokenizer, {
          skip_prompt: true,
          skip_special_tokens: true,
          // Nobody reads on after an interruption, and a stream that was cancelled takes no more.
          callback_function: (text) => void (!ours.interrupted && text !== "" && controller.enqueue(text)),
        })
        const stopping_criteria = [ours, ...listOf(options["stopping_criteria"])]
        void run(ask(prompt), { ...options, streamer, stopping_criteria })
          .then(
            () => !ours.interrupted && controller.close(),
            (cause: unknown) => !ours.interrupted && controller.error(cause),
          )
          .finally(() => signal.removeEventListener("abort", stop))
      },
      cancel: stop,
    })
  }
}

const asChat =
  ({ tokenizer }: TextPipeline) =>
  (prompt: string): string | ReadonlyArray<PipelineMessage> =>
    typeof tokenizer.chat_template === "string" ? [{ role: "user", content: prompt }] : prompt

function listOf(criteria: unknown): ReadonlyArray<unknown> {
  if (criteria === undefined || criteria === null) return []
  return Symbol.iterator in Object(criteria) ? [...(criteria as Iterable<unknown>)] : [criteria]
}
