/** A model behind a server, as a place for the effects to run on. */
import { InvalidRequestError, invalidRequest } from "../../words/Errors.ts"
import type { JudgingLimits } from "../../words/JudgingLimits.ts"
import type { ModelDescription } from "../../words/ModelDescription.ts"
import type { Place } from "../../words/Opened.ts"
import type { RemoteModel } from "../../words/RemoteModel.ts"
import type { ModelRef } from "../../words/Request.ts"
import { Endpoint } from "./connection/Endpoint.ts"
import { readRemoteModel } from "./connection/readRemoteModel.ts"
import { beginElsewhere } from "./generating/beginElsewhere.ts"
import { findKind } from "./kinds/findKind.ts"
import { kinds } from "./kinds/kinds.ts"
import type { Server } from "./Server.ts"
import { serverEngine } from "./serverEngine.ts"

/** A place, and what is known of its model. */
export interface ServedPlace extends Place {
  /** The model's name on the server. */
  readonly name: string
  readonly description: ModelDescription
}

export interface ServerOpening {
  /** Where the server was named. */
  readonly option: "model" | "shield"
  readonly judging: JudgingLimits
  /** Whether a guard's answers to known questions are looked at. */
  readonly checksShield: boolean
}

/**
 * Asks the server what it is, whether it has the model, and whether that is what it is opened for.
 *
 * @throws InvalidRequestError for what is no server or no model of it, ServerError where it does not answer as it should
 */
export async function openServer(
  remote: RemoteModel,
  { checksShield, judging, option }: ServerOpening,
  signal: AbortSignal,
): Promise<ServedPlace> {
  const endpoint = new Endpoint(readRemoteModel(option, remote))
  const ofServer = atOption(option)
  const kind = remote.kind ?? (await findKind(endpoint, signal).catch(ofServer))
  const opened = kinds[kind].open(endpoint, remote)
  const server: Server = {
    ...opened,
    generate: (request, signal) => beginElsewhere(endpoint, () => opened.generate(request, signal), signal),
  }
  const { description, name } = await server.describe(signal).catch(ofServer)
  const use = option === "model" ? "text" : "guard"
  const isChecked = remote.check !== false && (use === "text" || checksShield)
  const warnings = isChecked ? ((await server.check?.(use, signal)) ?? []) : []
  const model: ModelRef = { source: endpoint.url, use }
  return { engine: serverEngine(server, { judging, warnings }), model, name, description }
}

/** A server knows its fields alone, and not where it was named. */
const atOption =
  (option: string) =>
  (error: unknown): never => {
    if (!(error instanceof InvalidRequestError)) throw error
    throw invalidRequest(`${option}.${error.option}`, error.problem, error.remedy)
  }
