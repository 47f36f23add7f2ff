/** A model that runs behind a server, as `Facet.open` is told of it. */

/**
 * What a server speaks.
 * - `openai`: OpenAI's API, `/v1/completions` and `/v1/chat/completions`: vLLM, SGLang and most others have it;
 * - `llama.cpp`: llama.cpp's own server, which also takes token ids and tells any number of probabilities;
 * - `facet`: `facet serve`, or an app with `effects()` of `@facet/hono-plugin`.
 */
export const serverKinds = ["openai", "llama.cpp", "facet"] as const
export type ServerKind = (typeof serverKinds)[number]

export interface RemoteModel {
  /** Where the server answers, without `/v1`: `http://127.0.0.1:8080`. Without a name and password, query or fragment. */
  readonly url: string
  /** What it speaks. Left out: it is asked. */
  readonly kind?: ServerKind | undefined
  /** The model's name there. Default: the only one that the server has. */
  readonly model?: string | undefined
  /**
   * The key, sent as `Authorization: Bearer KEY` to this address alone; a function is asked anew for each request. It
   * stands in no error, and redirects are not followed.
   */
  readonly auth?: string | (() => string | Promise<string>) | undefined
}

/**
 * What a model is called that was named for opening.
 *
 * @example
 * modelNameOf({ url: "http://127.0.0.1:8080", model: "gemma-2-2b-it" }) // => gemma-2-2b-it
 */
export const modelNameOf = (model: string | RemoteModel): string =>
  typeof model === "string" ? model : (model.model ?? "remote")
