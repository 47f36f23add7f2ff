/** An engine over a server: the effects do not know that it is elsewhere. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { EngineService } from "../../words/Engine.ts"
import { asFacetError, type FacetError, GuardTimeoutError, invalidRequest } from "../../words/Errors.ts"
import { checked } from "../../words/checked.ts"
import { checkJudgedLength, checkPolicyCount, type JudgingLimits } from "../../words/JudgingLimits.ts"
import type { Progress } from "../../words/Progress.ts"
import type { JudgeRequest, QueueWaits } from "../../words/Request.ts"
import type { AbilityName, Server } from "./Server.ts"

export interface ServerEngineSettings {
  readonly judging: JudgingLimits
  /** What speaks against the model's use: told when it is opened. */
  readonly warnings: ReadonlyArray<string>
}

export function serverEngine(server: Server, { judging: limits, warnings }: ServerEngineSettings): EngineService {
  const { url } = server
  const ask = <A>(work: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, FacetError> =>
    Effect.tryPromise({ try: work, catch: (cause) => asFacetError(`Asking ${url}`, cause) })
  const refuse = (what: string) => Effect.fail(refused(server, what))
  const ability = <Name extends AbilityName>(name: Name): EngineService[Name] => {
    const able = server.abilities?.[name]
    const asked = (request: Parameters<EngineService[Name]>[0]) =>
      able === undefined ? refuse(toldNames[name] ?? name) : ask((signal) => able(request, signal))
    // An ability takes and gives what the engine's method of its name does.
    return asked as EngineService[Name]
  }
  return {
    load: () => Stream.fromIterable(warnings.map((message) => warning(url, message))),
    describe: () => Effect.map(ask(server.describe), ({ description }) => description),
    generate: (request) =>
      (request.probes ?? []).length > 0
        ? Stream.fail(refused(server, "guard.cascade"))
        : streamOf(url, (signal) => server.generate(request, signal)),
    judge: (request) =>
      Effect.gen(function* () {
        if (request.explain !== undefined) return yield* refuse("explain")
        const { judge } = server
        if (judge === undefined) return yield* refuse("shield")
        yield* checked(() => checkLimits(request, limits))
        const verdict = ask((signal) => judge(request, signal))
        const { timeoutMs } = limits
        const tooLate = () => Effect.fail(new GuardTimeoutError({ milliseconds: timeoutMs }))
        return yield* Effect.timeoutOrElse(verdict, { duration: timeoutMs, orElse: tooLate })
      }),
    score: ability("score"),
    inspect: ability("inspect"),
    inspectAll: ability("inspectAll"),
    lens: ability("lens"),
    featureLogits: ability("featureLogits"),
    searchFeatures: ability("searchFeatures"),
    decide: ability("decide"),
    calibrate: ability("calibrate"),
    embed: ability("embed"),
    features: ability("features"),
    render: ability("render"),
    detokenise: ability("detokenise"),
    stats: Effect.succeed({ requests: 0, waiting: 0, waits: noWaits, cachedSequences: 0, cachedBytes: 0 }),
  }
}

/** What callers know them by, where that is another name. */
const toldNames: Readonly<Partial<Record<AbilityName, string>>> = {
  features: "probes",
  render: "tokens",
  detokenise: "tokens",
}

const warning = (model: string, message: string): Progress => ({
  phase: "ready",
  model,
  file: "",
  loadedBytes: 0,
  totalBytes: 0,
  message,
  isWarning: true,
})

const refused = ({ kind, url }: Server, what: string) =>
  invalidRequest(
    what,
    `the model runs behind ${url}, and a server of the kind ${kind} has nothing for it`,
    "Open the model on this machine for it.",
  )

/** @throws InvalidRequestError for what is more than may be judged */
function checkLimits({ policies, prompt, response }: JudgeRequest, limits: JudgingLimits): void {
  if (prompt !== undefined) checkJudgedLength("prompt", prompt, limits)
  if (response !== undefined) checkJudgedLength("response", response, limits)
  checkPolicyCount(policies, limits)
}

/** Whoever interrupts the stream ends the work on the server. */
const streamOf = <A>(url: string, begin: (signal: AbortSignal) => AsyncIterable<A>): Stream.Stream<A, FacetError> =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort()),
      ),
      ({ signal }) => Stream.fromAsyncIterable(begin(signal), (cause) => asFacetError(`Asking ${url}`, cause)),
    ),
  )

/** What waits, waits at the server. */
const noWaits: QueueWaits = { bounds: [], counts: [], count: 0, seconds: 0 }
