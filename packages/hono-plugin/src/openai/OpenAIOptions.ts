/** The options of `openai()`, checked when the app starts. */
import { Facet, type OpenOptions } from "@facet/sdk"
import {
  calibratedWhereKnown,
  checkCount,
  type GivenCalibration,
  invalidRequest,
  modelNameOf,
  type Questions,
  show,
} from "@facet/sdk/words"
import {
  publicModelName,
  readServerOptions,
  serverOptionNames,
  type ServerOptions,
  type ServerSettings,
} from "../ServerOptions.ts"

export interface OpenAIOptions extends ServerOptions {
  /**
   * Names that the model answers to, the first of which it calls itself. Default: its id, or its folder's name;
   * `"tiny-gemma-it"` for the embedded model.
   */
  readonly models?: ReadonlyArray<string> | undefined
  /**
   * What `facet.calibrate` gave, or a file that holds it: who asks one of its questions on `/v1/decisions` or `/v1/systemone`, under
   * whatever name, is answered with its calibration and its threshold. Default: none.
   */
  readonly calibration?: GivenCalibration | undefined
  /** The most texts in one request to `/v1/moderations`. Default: 32. */
  readonly maxModerationInputs?: number | undefined
}

/** The options as they were understood. */
export interface Settings extends ServerSettings {
  readonly models: readonly [string, ...ReadonlyArray<string>]
  readonly moderationModel: string
  readonly maxModerationInputs: number
  /** Gives questions the calibration that the server has for them. */
  readonly calibrated: (questions: Questions) => Questions
}

const known = [...serverOptionNames, "calibration", "models", "maxModerationInputs"] as const satisfies ReadonlyArray<
  keyof OpenAIOptions
>

/** @throws InvalidRequestError that names the option, and what to do. */
export function readOptions(options: OpenAIOptions): Settings {
  const server = readServerOptions(options, known)
  const { facet } = server
  checkCount("maxModerationInputs", options.maxModerationInputs)
  if (options.models !== undefined && !Array.isArray(options.models)) {
    throw invalidRequest("models", `${show(options.models)} is no list of names`, "Pass one, or leave it out.")
  }
  const [first, ...others] = options.models ?? namesOf(modelNameOf(facet.model ?? "tiny"))
  if (first === undefined || [first, ...others].some((name) => typeof name !== "string" || name === "")) {
    throw invalidRequest("models", "it is not a list of names", "Pass at least one name, or leave it out.")
  }
  return {
    ...server,
    models: [first, ...others],
    moderationModel: facet instanceof Facet ? "shieldgemma" : guardNameOf(facet),
    maxModerationInputs: options.maxModerationInputs ?? 32,
    calibrated:
      options.calibration === undefined ? (questions) => questions : calibratedWhereKnown(options.calibration),
  }
}

const namesOf = (model: string): ReadonlyArray<string> =>
  model === "tiny" ? ["tiny-gemma-it", "tiny"] : [publicModelName(model)]

function guardNameOf({ model = "tiny", shield }: OpenOptions): string {
  const named = shield ?? (model === "tiny" ? "tiny" : undefined)
  if (named === "tiny") return "tiny-shield"
  return named === undefined ? "shieldgemma" : publicModelName(modelNameOf(named))
}
