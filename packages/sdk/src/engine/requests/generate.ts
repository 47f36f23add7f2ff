/** Writing what follows a prompt, as an engine does it. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { checked } from "../../words/checked.ts"
import { checkForm } from "../../words/checkForm.ts"
import { type FacetError, invalidRequest } from "../../words/Errors.ts"
import { checkGenerate } from "../../words/GenerateOptions.ts"
import type { EnginePart } from "../../words/Generation.ts"
import { inSlices } from "../../words/inSlices.ts"
import type { Probe } from "../../words/Probe.ts"
import { isTokenPrompt } from "../../words/Prompt.ts"
import type { GenerateRequest } from "../../words/Request.ts"
import { checkProbes } from "../checkProbes.ts"
import { decode } from "../decode.ts"
import type { Permit } from "../FairLock.ts"
import type { Interventions } from "../Interventions.ts"
import type { OpenModel } from "../OpenModel.ts"
import type { OpenSae } from "../OpenSae.ts"
import { ProbeReader } from "../ProbeReader.ts"
import { promptTokens } from "../RequestTokens.ts"
import type { Loaded } from "../Scopes.ts"
import { union } from "../SiteSets.ts"
import { Tracer, type TraceTarget } from "../Tracer.ts"
import { askedBy, defaultTopK, type EngineParts, told } from "./EngineParts.ts"

/** Parts that wait for a slow reader before the generation pauses. */
const buffered = 16

type Parts = Queue.Queue<EnginePart, FacetError | Cause.Done>

export const generate = (engine: EngineParts, request: GenerateRequest): Stream.Stream<EnginePart, FacetError> =>
  Stream.callback<EnginePart, FacetError>(
    (queue) => {
      const startedAt = performance.now()
      const decoding = engine.scheduler.admit(
        (place) => write(engine, request, queue, place, startedAt),
        askedBy(request),
      )
      return Effect.matchCauseEffect(decoding, {
        onFailure: (cause) => Queue.failCause(queue, cause),
        onSuccess: () => Queue.end(queue),
      })
    },
    { bufferSize: buffered },
  )

const write = (engine: EngineParts, request: GenerateRequest, queue: Parts, place: Permit, startedAt: number) =>
  Effect.gen(function* () {
    const { models, options, scheduler, scopes } = engine
    const loaded = yield* models.load(request.model)
    const { model } = loaded
    yield* checked(() => {
      checkGenerate(request, model.config.vocabSize)
      checkForm(request)
    })
    const interventions = yield* scopes.interventions(request, loaded)
    const tokens = yield* inSlices(() => promptTokens(model, request))
    const tracer = new Tracer(yield* targetsOf(engine, loaded, request), scheduler, model.tokenizer)
    const probes = new ProbeReader(model, yield* probesOf(model, request))
    yield* models.openFor(model, union(tracer.sites, probes.sites), interventions)
    const offer = (part: EnginePart) =>
      Queue.isFullUnsafe(queue) ? place.without(Queue.offer(queue, part)) : Queue.offer(queue, part)
    const emit = (part: EnginePart) => Effect.asVoid(offer(part))
    const onWritten = (written: ReadonlyArray<number>) => remember(engine, model, request, written, interventions)
    const mostDrafted = options.speculate ? model.mostDrafted : 0
    const { constraint } = request
    const automaton = constraint === undefined ? undefined : yield* inSlices(() => model.constraints.open(constraint))
    const lanes = models.lanesOf(model)
    const how = { probes, interventions, lanes, mostDrafted, automaton, emit, onWritten, startedAt }
    yield* told(decode({ model, scheduler, tracer, tokens, request, ...how }), interventions)
  })

/** The autoencoders that are asked for. */
const targetsOf = (
  { scopes }: EngineParts,
  loaded: Loaded,
  { traces }: GenerateRequest,
): Effect.Effect<ReadonlyArray<TraceTarget>, FacetError> =>
  Effect.gen(function* () {
    const targets: Array<TraceTarget> = []
    for (const trace of traces) {
      const topK = trace.topK ?? defaultTopK
      const saes = trace.isEvery === true ? yield* scopes.all(loaded) : [yield* scopes.sae(loaded, trace)]
      for (const sae of saes) {
        yield* checked(() => checkNew(targets, sae))
        targets.push({ sae, topK })
      }
    }
    return targets
  })

/** Two traces of one site would be told apart by nobody. */
function checkNew(targets: ReadonlyArray<TraceTarget>, { entry }: OpenSae): void {
  const isKnown = targets.some(({ sae }) => sae.entry.layer === entry.layer && sae.entry.site === entry.site)
  if (isKnown) throw invalidRequest("trace", `${entry.site} at layer ${entry.layer} comes twice`, "Ask for it once.")
}

const probesOf = (
  model: OpenModel,
  { probes = [] }: GenerateRequest,
): Effect.Effect<ReadonlyArray<Probe>, FacetError> =>
  probes.length === 0
    ? Effect.succeed([])
    : Effect.map(checkProbes(model, probes), () => probes.flatMap(({ probe }) => probe ?? []))

/** A chat may go on: its next turn begins with this one, closed. */
function remember(
  { afterwork }: EngineParts,
  model: OpenModel,
  { cacheSalt: salt, prompt, template }: GenerateRequest,
  tokens: ReadonlyArray<number>,
  interventions: Interventions,
): void {
  if (template === "none" || isTokenPrompt(prompt)) return
  const end = model.tokenizer.controls.get(model.architecture.endOfTurn)
  afterwork.add({
    model,
    tokens: end === undefined ? tokens : [...tokens, end],
    interventions,
    salt: salt ?? "",
  })
}
