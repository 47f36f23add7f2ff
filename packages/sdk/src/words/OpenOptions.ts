/** On what terms a Facet is opened. */
import type { Tracer } from "effect/Tracer"
import type { ExpectedChecksums } from "./Checksums.ts"
import type { DeviceName, FloatPrecision, StorageKind } from "./Device.ts"
import type { PageWorker, PrefillRule, ReuseRule } from "./EngineSettings.ts"
import type { JudgingLimits } from "./JudgingLimits.ts"
import type { Progress } from "./Progress.ts"
import type { RemoteModel } from "./RemoteModel.ts"
import type { ScopeQuery } from "./ScopeQuery.ts"
import type { WeightDtype } from "./Tensors.ts"

/** Whether what is not here may be fetched. */
export type Download = "auto" | "never"

/** The `precision` of weights that are opened as they were published, however many they are. */
export const asPublished = "as-published"

export interface OpenOptions {
  /**
   * The model that writes and is inspected. Default `"tiny"`, the embedded one. On Node an id such as
   * `"google/gemma-2-2b-it"`, with a revision where one is meant (`"google/gemma-2-2b-it@v1"`); a folder, of f32, f16 or
   * bf16 safetensors or of Facet's own quantised ones; a `.gguf`, here or in a repository (`"hf:owner/name/file.gguf"`);
   * `"kaggle:owner/model/framework/variation"`; `"ollama:gemma2:2b"`; the URL of a folder or a `.gguf`. What is not here is
   * fetched once, and a GGUF, or plain weights of more than 1 GiB, are packed once: both are kept.
   *
   * In a browser the URL of a folder or a `.gguf`, or an id that is looked for on the Hub. What is packed there is kept in
   * the browser's storage, and never all in memory.
   *
   * Or a server that runs it, `{ url: "http://127.0.0.1:8080" }`: see `RemoteModel`.
   */
  readonly model?: string | RemoteModel | undefined
  /** The model that judges, in the same forms. Default: the one that belongs to `model`, where one is known. */
  readonly shield?: string | RemoteModel | undefined
  /**
   * Whether the model that judges is asked two known questions when it is opened, and refused where its answers are no
   * judge's, with a `ModelFileError`. Default true; `false` for a guard that was taught to judge other things.
   */
  readonly checkShield?: boolean | undefined
  /**
   * Sparse autoencoders of `model`. What they are, `{ layer: 20 }`: of Gemma Scope the canonical one. Or a name: SAELens'
   * `"gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical"`, Neuronpedia's `"20-gemmascope-res-16k"`, or a release's,
   * of which all is opened that is on this machine. Or a folder, Gemma Scope's or one that SAELens saved, or one file of
   * parameters; in a browser its URL. What is not here is fetched once. Default for `"tiny"`: its own.
   */
  readonly scope?: string | ScopeQuery | undefined
  /** Where the autoencoders of `scope` belong, when their paths do not say it. */
  readonly layer?: number | undefined
  /** `resid_post`, `attn_z`, `mlp_out`, `mlp_in_norm` or `mlp_in`, or TransformerLens' name of it. */
  readonly site?: string | undefined
  /** The most requests that may run or wait; one more fails with `OverloadedError`. Default 64. */
  readonly queue?: number | undefined
  /** The most requests under way at once. Default 8. */
  readonly active?: number | undefined
  /** The most bytes that a model's prefix cache keeps. Default 512 MiB. */
  readonly cacheBytes?: number | undefined
  /**
   * The most bytes of autoencoders that stay in memory: the least recently used go, and are read again when they are asked for.
   * Default 4 GiB, which all of a 2B model's layers fit into at 16,384 features. Those of one request stay while it needs them.
   */
  readonly scopeBytes?: number | undefined
  /** Threads for one run. Default: one a core, at most 16; in a browser at most 8, and only where it is cross-origin isolated. */
  readonly threads?: number | undefined
  /**
   * How much one request may have judged, so that nobody holds up others: `characters` of a prompt or a response (default
   * 65,536), `policies` (default 32), and `timeoutMs`, milliseconds from when its turn has come (default 120,000).
   */
  readonly judging?: Partial<JudgingLimits> | undefined
  /**
   * How many texts may get their next tokens in one run, 1 to 16: 4 streams at once are written two to three times as fast
   * with `lanes: 4` as with the default of 1, and one alone about a tenth slower. A text is the same alone and in company. On a
   * graphics card streams take turns, whatever is set.
   */
  readonly lanes?: number | undefined
  /**
   * Which keys and values of earlier calls a call may take over. `exact` (default): those that are the same bits as its own
   * would be, so that the same seed gives the same text whatever was asked before; an answer is read again while nobody
   * waits, before a chat's next turn can take it over. `any`: those of an answer at once, so that the next turn never waits for
   * it. With quantised weights they differ in the last bits, and a near tie may then fall otherwise.
   */
  readonly reuse?: ReuseRule | undefined
  /**
   * What prompts are multiplied as, on the CPU. `weights` (default): as the weights are packed. `int8`: weights in blocks get
   * a copy in 8 bits, with which prompts, verdicts, scores and traces run two to four times as fast on a processor with AMX or
   * VNNI, and answers are written as before. The copy is laid out once and kept in the model's folder, 1 byte a weight, and
   * takes that much memory too. Numbers differ from those of `weights` in the third digit, and are always the same among
   * themselves. A guard of plain weights runs as it is.
   */
  readonly prefill?: PrefillRule | undefined
  /**
   * Whether weights lie in a file as this processor multiplies them, on the CPU of Node. Default `false`: each process lays
   * them out in its own memory. With `true` the file is written once, into the model's folder; then a model opens in about
   * two thirds of the time, and all processes of a machine that open it have the weights in memory once. It takes about twice
   * the weights' size on disk. On another kind of processor the file is of no use, and each process lays them out as ever.
   * The numbers are the same. A guard of plain weights runs as it is.
   */
  readonly shareWeights?: boolean | undefined
  /**
   * Whether what the text has said before is guessed to follow again, and checked in the run that it saves (prompt lookup).
   * Default `true`; each token is still the one that the model's own logits and the seed choose.
   */
  readonly speculate?: boolean | undefined
  /**
   * What to run on. `auto` (default) is the CPU on Node; in a browser `webgpu` where it works and computes rightly, else
   * `wasm`. On Node `webgpu`, `cuda`, `coreml` and `dml` take a graphics card, where ONNX Runtime's part for it and the
   * system's are installed and it passes a check; else opening fails with an `UnsupportedDeviceError`. `facet.device` says
   * what was taken, and why what was tried before was not.
   */
  readonly device?: "auto" | DeviceName | undefined
  /**
   * What weights are multiplied as, in a browser or with `webgpu`. `auto` (default): plain ones as `f32`, or as `f16` on a
   * graphics adapter that passes a check against known logits; on `wasm` quantised ones, and plain ones of more than 1 GiB,
   * as `int8`.
   *
   * `auto` packs plain weights of more than 1 GiB, once; `as-published` opens them as they are, which takes 4 bytes of memory
   * a weight on a CPU. So does `f32`, and `f16` in a browser.
   */
  readonly precision?: "auto" | FloatPrecision | typeof asPublished | undefined
  /**
   * What plain weights, or those of a GGUF, are packed as, once, however few they are: `q4`, `q8`, `int8`, `f16` or `f32`.
   * Left out: only a GGUF and more than 1 GiB are packed, to what suits the model and the device.
   */
  readonly dtype?: WeightDtype | undefined
  /**
   * On Node, what becomes of a model that is not on this machine: `auto` (default) fetches it, `never` fails with an error
   * that says how to get it. `HF_HUB_OFFLINE=1` stands for `never` everywhere.
   */
  readonly download?: Download | undefined
  /**
   * In a browser: `persistent` (default) keeps what was downloaded in the browser's storage; `none` reads it over HTTP each
   * time, for pages that may store nothing.
   */
  readonly storage?: StorageKind | undefined
  /**
   * In a browser: SHA-256 that downloaded files must have, by their names, such as
   * `{ model: { "model.safetensors": "…" } }`. A file that is another is a `DownloadError`, and is not kept.
   */
  readonly sha256?: ExpectedChecksums | undefined
  /**
   * In a browser: starts the engine's worker, for bundlers that do not find it by themselves and for pages that serve it
   * from elsewhere. It is the module `@facet/sdk/worker`.
   */
  readonly worker?: (() => PageWorker) | undefined
  /**
   * Takes the spans of the calls, `facet.generate` and so on, such as the one of `OtlpTracer.make` in
   * `effect/observability/OtlpTracer`. `Facet.layer()` has that of the program that it is provided to.
   */
  readonly tracer?: Tracer | undefined
  /** Told how far opening has come. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}
