/** Our own server, which judges, writes and scores as this engine does. */
import { asFacetError, type FacetError, invalidRequest, ServerError } from "../../../words/Errors.ts"
import type { EnginePart } from "../../../words/Generation.ts"
import type { RemoteModel } from "../../../words/RemoteModel.ts"
import { isRecord } from "../../../words/Json.ts"
import type { TokenPrompt } from "../../../words/Prompt.ts"
import type { Asking, GenerateRequest, InspectAllRequest } from "../../../words/Request.ts"
import { RowOfText } from "../../../words/RowOfText.ts"
import type { Trace } from "../../../words/Trace.ts"
import { RemoteError } from "../../RemoteError.ts"
import { RemoteFacet } from "../../RemoteFacet.ts"
import type { Endpoint } from "../connection/Endpoint.ts"
import { keyRemedy } from "../connection/ServerFailures.ts"
import type { Abilities, Server } from "../Server.ts"
import type { Kind } from "./Kind.ts"

export const facet: Kind = {
  answersAs: async ({ find }) => {
    const described = await find("/facet")
    return isRecord(described) && typeof described["model"] === "string" && isRecord(described["device"])
  },
  open: (endpoint, remote) => openFacet(endpoint, remote),
}

function openFacet(endpoint: Endpoint, { model: wanted }: RemoteModel): Server {
  const { url } = endpoint
  // Asked as all servers are: with the key, again, elsewhere.
  const facet = new RemoteFacet({
    url,
    fetch: (input, { body, signal } = {}) => {
      // It asks with addresses as texts, and with texts as bodies.
      const path = typeof input === "string" ? input.slice(url.length) : ""
      return endpoint.forward(path, typeof body === "string" ? body : undefined, signal ?? never)
    },
  })
  return {
    kind: "facet",
    url,
    describe: (signal) =>
      telling(async () => {
        const { device, model } = await facet.describe({ signal })
        if (wanted !== undefined && wanted !== model) {
          throw invalidRequest("model", `the server runs "${model}"`, "Name that, or another server.")
        }
        const description = { architecture: "unknown", contextLength: Infinity, leftOut: [], device }
        return { name: model, description }
      }),
    async *generate(request, signal) {
      try {
        for await (const part of facet.stream(request.prompt, { ...optionsOf(request), signal })) {
          if (isEnginePart(part)) yield part
        }
      } catch (cause) {
        throw told(cause)
      }
    },
    judge: ({ cacheSalt, policies, prompt, response }, signal) =>
      telling(() => {
        const content = { ...(prompt !== undefined && { prompt }), ...(response !== undefined && { response }) }
        return facet.shield(content, { policies, signal, ...(cacheSalt !== undefined && { cacheSalt }) })
      }),
    abilities: abilitiesOf(facet),
  }
}

const never = new AbortController().signal

/** What its server does as an engine here would: the requests are what the effects made of their options, and go back to them. */
const abilitiesOf = (facet: RemoteFacet): Abilities => ({
  score: ({ alternatives, text, ...asking }, signal) =>
    telling(() => facet.score(asText(text), { alternatives, ...callOf(asking, signal) })),
  inspect: ({ activations, layer, site, text, topK, ...asking }, signal) =>
    telling(() => facet.inspect(asText(text), { activations, layer, site, topK, ...callOf(asking, signal) })),
  inspectAll: ({ rows, text, topK, ...asking }, signal) =>
    telling(() => {
      const call = callOf(asking, signal)
      return rows === undefined
        ? facet.inspectAll(asText(text), { topK, ...call })
        : rowsOf(facet, asText(text), rows, call)
    }),
  lens: ({ layers, text, topK, ...asking }, signal) =>
    telling(() => facet.lens(asText(text), { layers, topK, ...callOf(asking, signal) })),
  featureLogits: ({ features, layer, site, topK, ...asking }, signal) =>
    telling(() => facet.featureLogits({ features, layer, site, topK, ...callOf(asking, signal) })),
  decide: ({ questions, state, ...asking }, signal) =>
    telling(() => facet.decide(state, questions, callOf(asking, signal))),
  calibrate: ({ examples, method, questions, ...asking }, signal) =>
    telling(() => facet.calibrate(questions, examples, { method, ...callOf(asking, signal) })),
  embed: ({ layer, text, ...asking }, signal) => telling(() => facet.embed(text, { layer, ...callOf(asking, signal) })),
  render: ({ addGenerationPrompt, continueFinalMessage, prompt, template, ...asking }, signal) =>
    telling(() =>
      facet.tokens.render(prompt, { addGenerationPrompt, continueFinalMessage, template, ...callOf(asking, signal) }),
    ),
  detokenise: ({ tokens, ...asking }, signal) => telling(() => facet.tokens.decode(tokens, callOf(asking, signal))),
})

/** Its server tells what one site holds, of every token: asked site after site, as its queue is everybody's. */
async function rowsOf(
  facet: RemoteFacet,
  text: string | TokenPrompt,
  { positions, sites }: NonNullable<InspectAllRequest["rows"]>,
  call: ReturnType<typeof callOf>,
): Promise<ReadonlyArray<Trace>> {
  const traces: Array<Trace> = []
  for (const site of sites) {
    const { activations, tokens } = await facet.inspect(text, { ...site, topK: 0, activations: true, ...call })
    if (activations === undefined) throw new Error("the server gave no activations")
    const row = new RowOfText(activations.length / tokens.length, positions)
    row.add(activations)
    traces.push({ ...site, tokens: [], activations: row.row })
  }
  return traces
}

const asText = (text: string | ReadonlyArray<number>) => (typeof text === "string" ? text : { tokens: text })

/** Whose turn it is among clients is for the server to say. */
function callOf({ cacheSalt, interventions }: Asking & Changing, signal: AbortSignal) {
  checkUnchanged(interventions)
  return { cacheSalt, signal }
}

type Changing = Pick<GenerateRequest, "interventions">

/** They were read for an engine, and cannot be sent as they were asked for. */
function checkUnchanged(interventions: GenerateRequest["interventions"] = []): void {
  if (interventions.length === 0) return
  throw invalidRequest(
    "interventions",
    "a model behind a server takes none from here",
    "Ask the server by `RemoteFacet`.",
  )
}

/** The request as it was before it was read for an engine. The server reads it again. */
function optionsOf(request: GenerateRequest) {
  const { interventions, traces } = request
  checkUnchanged(interventions)
  const trace = traces.some(({ isEvery }) => isEvery === true) ? ("all" as const) : traces
  const own: ReadonlyArray<string> = ["client", "interventions", "model", "prompt", "traces"]
  const asked = Object.entries(request).filter(([name, value]) => value !== undefined && !own.includes(name))
  return { ...Object.fromEntries(asked), ...(traces.length > 0 && { trace }) }
}

const isEnginePart = (part: { readonly type: string }): part is EnginePart =>
  part.type === "text" || part.type === "trace" || part.type === "finish"

async function telling<A>(work: () => Promise<A>): Promise<A> {
  try {
    return await work()
  } catch (cause) {
    throw told(cause)
  }
}

function told(cause: unknown): FacetError {
  if (!(cause instanceof RemoteError)) return asFacetError("Asking the server", cause)
  const { problem, remedy, status, url } = cause
  return new ServerError({ url, problem, remedy: keyRemedy(status) ?? remedy, ...(status !== undefined && { status }) })
}
