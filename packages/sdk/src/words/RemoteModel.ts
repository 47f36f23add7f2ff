/** A model that runs behind a server, as `Facet.open` is told of it. */

/**
 * What a server speaks.
 * - `openai`: OpenAI's API, `/v1/completions` and `/v1/chat/completions`: most servers have it;
 * - `vllm`, `sglang`, `tensorrt-llm` (`trtllm-serve`), `nim`, `tgi`, `ollama`, `llama.cpp`: those servers' own routes beside it;
 * - `vertex`: an endpoint of Vertex AI, whose `url` ends in `/endpoints/ID`;
 * - `facet`: `facet serve`, or an app with `effects()` of `@facet/hono-plugin`.
 */
export const serverKinds = [
  "openai",
  "vllm",
  "sglang",
  "tensorrt-llm",
  "nim",
  "ollama",
  "llama.cpp",
  "tgi",
  "vertex",
  "facet",
] as const
export type ServerKind = (typeof serverKinds)[number]

export interface RemoteModel {
  /** Where the server answers, without `/v1`: `http://127.0.0.1:8080`. Without a name and password, query or fragment. */
  readonly url: string
  /** What it speaks. Left out: it is asked. */
  readonly kind?: ServerKind | undefined
  /** The model's name there. Default: the only one that the server has. */
  readonly model?: string | undefined
  /**
   * The key, sent as `Authorization: Bearer KEY` to these addresses alone; a function is asked anew for each request. It
   * stands in no error, and redirects are not followed.
   */
  readonly auth?: string | (() => string | Promise<string>) | undefined
  /**
   * Other servers of the same kind with the same model, which get the same key. They are asked where the ones before cannot
   * be reached or are busy, as long as nothing has come.
   */
  readonly fallback?: ReadonlyArray<string> | undefined
  /** Whether it is looked at what the model is when it is opened, which takes some requests. Default true. */
  readonly check?: boolean | undefined
  /**
   * Tokens of a text that a guard is asked about at once, at least 32; of a longer one the worst piece counts. Default: as many
   * as its context holds. A model that was taught on short texts judges them best.
   */
  readonly window?: number | undefined
  /** So long a server may say nothing, in milliseconds: before an answer, and between its parts. Default 120,000. */
  readonly timeoutMs?: number | undefined
  /** Where a verdict takes longer, in milliseconds, it is asked for once more, and the first answer counts. Default: never. */
  readonly hedgeMs?: number | undefined
  /** Requests under way at once, 1 to 1,024; others wait in turn, at most 64 of them. Default 16. */
  readonly concurrency?: number | undefined
}

/**
 * What a model is called that was named for opening.
 *
 * @example
 * modelNameOf({ url: "http://127.0.0.1:8080", model: "gemma-2-2b-it" }) // => gemma-2-2b-it
 */
export const modelNameOf = (model: string | RemoteModel): string =>
  typeof model === "string" ? model : (model.model ?? "remote")
