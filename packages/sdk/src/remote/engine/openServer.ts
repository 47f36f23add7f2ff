/** A model behind a server, as a place for the effects to run on. */
import type { JudgingLimits } from "../../words/JudgingLimits.ts"
import type { ModelDescription } from "../../words/ModelDescription.ts"
import type { Place } from "../../words/Opened.ts"
import type { RemoteModel, ServerKind } from "../../words/RemoteModel.ts"
import type { ModelRef } from "../../words/Request.ts"
import { Endpoint } from "./Endpoint.ts"
import { facetServer } from "./facetServer.ts"
import { findKind } from "./findKind.ts"
import { llamaCppServer } from "./llamaCppServer.ts"
import { openAiServer } from "./openAiServer.ts"
import { serverEngine } from "./serverEngine.ts"
import type { Server } from "./Server.ts"

const servers: Readonly<Record<ServerKind, (endpoint: Endpoint, remote: RemoteModel) => Server>> = {
  openai: openAiServer,
  "llama.cpp": llamaCppServer,
  facet: facetServer,
}

/** A place, and what is known of its model. */
export interface ServedPlace extends Place {
  /** The model's name on the server. */
  readonly name: string
  readonly description: ModelDescription
}

/**
 * Asks the server what it is, and whether it has the model.
 *
 * @param option where it was named: `model` or `shield`
 * @throws InvalidRequestError for what is no server or no model of it, ServerError where it does not answer as it should
 */
export async function openServer(
  option: "model" | "shield",
  remote: RemoteModel,
  judging: JudgingLimits,
  signal: AbortSignal,
): Promise<ServedPlace> {
  const endpoint = new Endpoint(option, remote)
  const kind = remote.kind ?? (await findKind(endpoint, signal))
  const server = servers[kind](endpoint, remote)
  const { description, name } = await server.describe(signal)
  const model: ModelRef = { source: endpoint.url, use: option === "model" ? "text" : "guard" }
  return { engine: serverEngine(server, judging), model, name, description }
}
