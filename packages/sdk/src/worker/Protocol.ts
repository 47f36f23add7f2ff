/** What travels between an app and the engine's thread. */
import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Transferable from "effect/workers/Transferable"
import {
  ClassifyRequest,
  EmbedRequest,
  EngineStats,
  GenerateRequest,
  InspectRequest,
  ModelRef,
  Progress,
  ScoreRequest,
} from "../engine/Request.ts"
import { Embedding } from "../Embedding.ts"
import { FacetError } from "../Errors.ts"
import type { EnginePart } from "../Generation.ts"
import { Score } from "../Score.ts"
import { Trace } from "../Trace.ts"
import { Verdict } from "../Verdict.ts"

/**
 * Parts of a generation come by the hundred a second, out of our own code and by structured clone: walking through each
 * by a schema, on both sides, would cost more than what is in them.
 */
const Passed = Transferable.schema(
  // What the engine's own types promise, nobody has to find out again.
  Schema.declare((part: unknown): part is EnginePart => typeof part === "object"),
  () => [],
)

export class EngineRpcs extends RpcGroup.make(
  Rpc.make("Load", { payload: ModelRef.fields, success: Progress, error: FacetError, stream: true }),
  Rpc.make("Generate", {
    payload: GenerateRequest.fields,
    success: Passed,
    error: FacetError,
    stream: true,
  }),
  Rpc.make("Classify", { payload: ClassifyRequest.fields, success: Verdict, error: FacetError }),
  Rpc.make("Inspect", { payload: InspectRequest.fields, success: Trace, error: FacetError }),
  Rpc.make("Score", { payload: ScoreRequest.fields, success: Score, error: FacetError }),
  Rpc.make("Embed", { payload: EmbedRequest.fields, success: Embedding, error: FacetError }),
  Rpc.make("Stats", { success: EngineStats, error: FacetError }),
) {}

/** What the engine's thread is started with. */
export interface EngineThreadData {
  readonly interlock: SharedArrayBuffer
  readonly queue: number
  readonly active: number
  readonly cacheBytes: number
  readonly threads: number | undefined
}
