/** Our own server, which judges, writes and scores as this engine does. */
import { asFacetError, type FacetError, invalidRequest, ServerError } from "../../words/Errors.ts"
import type { EnginePart } from "../../words/Generation.ts"
import type { RemoteModel } from "../../words/RemoteModel.ts"
import type { GenerateRequest } from "../../words/Request.ts"
import { RemoteError } from "../RemoteError.ts"
import { RemoteFacet } from "../RemoteFacet.ts"
import type { Endpoint } from "./Endpoint.ts"
import type { Server } from "./Server.ts"

export const facetServer = (endpoint: Endpoint, { auth, model: wanted }: RemoteModel): Server => {
  const { url } = endpoint
  const headers = async () => {
    const key = typeof auth === "function" ? await auth() : auth
    const none: Readonly<Record<string, string>> = {}
    return key === undefined ? none : { Authorization: `Bearer ${key}` }
  }
  // A key must not follow to where a server sends it.
  const facet = new RemoteFacet({ url, headers, fetch: (input, init) => fetch(input, { ...init, redirect: "error" }) })
  return {
    kind: "facet",
    url,
    describe: (signal) =>
      telling(async () => {
        const { device, model } = await facet.describe({ signal })
        if (wanted !== undefined && wanted !== model) {
          throw invalidRequest("model.model", `the server runs "${model}"`, "Name that, or another server.")
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
    score: ({ alternatives, cacheSalt, text }, signal) =>
      telling(() =>
        facet.score(typeof text === "string" ? text : { tokens: text }, {
          signal,
          ...(alternatives !== undefined && { alternatives }),
          ...(cacheSalt !== undefined && { cacheSalt }),
        }),
      ),
  }
}

/** The request as it was before it was read for an engine. The server reads it again. */
function optionsOf(request: GenerateRequest) {
  const { interventions = [], traces } = request
  if (traces.length > 0 || interventions.length > 0) {
    const option = traces.length > 0 ? "trace" : "interventions"
    throw invalidRequest(option, "the model's inside is not reached from here", "Ask the server by `RemoteFacet`.")
  }
  const own: ReadonlyArray<string> = ["client", "interventions", "model", "prompt", "traces"]
  return Object.fromEntries(
    Object.entries(request).filter(([name, value]) => value !== undefined && !own.includes(name)),
  )
}

const isEnginePart = (part: { readonly type: string }): part is EnginePart =>
  part.type === "text" || part.type === "finish"

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
  return new ServerError({ url, problem, remedy, ...(status !== undefined && { status }) })
}
