/** The engine behind its protocol, on whatever carries messages to its thread. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcServer from "effect/rpc/RpcServer"
import { type EngineOptions, makeEngine } from "../engine/Engine.ts"
import { EngineRpcs } from "./Protocol.ts"

const handlers = (options: EngineOptions) =>
  EngineRpcs.toLayer(
    Effect.map(makeEngine(options), (engine) =>
      EngineRpcs.of({
        Load: engine.load,
        Generate: engine.generate,
        Classify: engine.classify,
        Inspect: engine.inspect,
        Score: engine.score,
        Embed: engine.embed,
        Stats: () => engine.stats,
      }),
    ),
  )

/** Serves the engine until the thread is told to close. Needs a `WorkerRunnerPlatform`. */
export const serve = (options: EngineOptions) =>
  RpcServer.layer(EngineRpcs).pipe(
    Layer.provide(handlers(options)),
    Layer.provide(RpcServer.layerProtocolWorkerRunner),
    Layer.launch,
  )
