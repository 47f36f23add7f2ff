/** An engine over a server: the effects do not know that it is elsewhere. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { EngineService } from "../../words/Engine.ts"
import { asFacetError, type FacetError, GuardTimeoutError, invalidRequest } from "../../words/Errors.ts"
import { checked } from "../../words/checked.ts"
import { checkJudgedLength, checkPolicyCount, type JudgingLimits } from "../../words/JudgingLimits.ts"
import { type JudgeRequest, noWaits } from "../../words/Request.ts"
import type { Server } from "./Server.ts"

export function serverEngine(server: Server, limits: JudgingLimits): EngineService {
  const { url } = server
  const ask = <A>(work: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, FacetError> =>
    Effect.tryPromise({ try: work, catch: (cause) => asFacetError(`Asking ${url}`, cause) })
  const refuse = (what: string) => Effect.fail(refused(server, what))
  return {
    load: () => Stream.empty,
    describe: () => Effect.map(ask(server.describe), ({ description }) => description),
    generate: (request) =>
      (request.probes ?? []).length > 0
        ? Stream.fail(refused(server, "guard.cascade"))
        : streamOf(url, (signal) => server.generate(request, signal)),
    judge: (request) =>
      Effect.gen(function* () {
        if (request.explain !== undefined) return yield* refuse("explain")
        yield* checked(() => checkLimits(request, limits))
        const verdict = ask((signal) => server.judge(request, signal))
        const { timeoutMs } = limits
        const tooLate = () => Effect.fail(new GuardTimeoutError({ milliseconds: timeoutMs }))
        return yield* Effect.timeoutOrElse(verdict, { duration: timeoutMs, orElse: tooLate })
      }),
    score: (request) => {
      const { score } = server
      if (score === undefined) return refuse("score")
      if ((request.interventions ?? []).length > 0) return refuse("interventions")
      return ask((signal) => score(request, signal))
    },
    inspect: () => refuse("inspect"),
    inspectAll: () => refuse("inspect"),
    lens: () => refuse("lens"),
    featureLogits: () => refuse("featureLogits"),
    searchFeatures: () => refuse("searchFeatures"),
    decide: () => refuse("decide"),
    calibrate: () => refuse("calibrate"),
    embed: () => refuse("embed"),
    features: () => refuse("probes"),
    render: () => refuse("tokens"),
    detokenise: () => refuse("tokens"),
    stats: Effect.succeed({ requests: 0, waiting: 0, waits: noWaits, cachedSequences: 0, cachedBytes: 0 }),
  }
}

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
