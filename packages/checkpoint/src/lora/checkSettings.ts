/** What peft writes into `adapter_config.json`, as far as a merge depends on it. */
import { ModelFileError } from "@facet/sdk/words"
import { isJsonObject, type JsonObject } from "@facet/sdk/folders"

export interface AdapterSettings {
  /** What the product of a module's two matrices is multiplied by. */
  readonly scaleOf: (module: string, rank: number) => number
  readonly warnings: ReadonlyArray<string>
}

/** Fields of methods that are no plain low-rank products, and what they are called. */
const others: Readonly<Record<string, string>> = {
  use_dora: "DoRA",
  lora_bias: "a bias of LoRA's own",
  use_qalora: "QA-LoRA",
  use_bdlora: "BD-LoRA",
  layer_replication: "layer replication",
  target_parameters: "LoRA on parameters",
  trainable_token_indices: "trainable tokens",
  alora_invocation_tokens: "activated LoRA",
  arrow_config: "Arrow",
  monteclora_config: "MonteCLoRA",
  kasa_config: "KaSA",
  velora_config: "VeLoRA",
  megatron_config: "Megatron's layers",
}

/** How matrices began that leaves the base model's weights as they are: any other method needs weights that it changed. */
const beginnings: ReadonlyArray<unknown> = [undefined, null, true, false, "gaussian", "orthogonal", "eva"]

const isNone = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0)

/**
 * Reads the settings of an adapter.
 *
 * @param file the path of `adapter_config.json`.
 * @throws ModelFileError that names the method of an adapter that is no plain LoRA, or the field that makes no sense.
 */
export function checkSettings(file: string, config: JsonObject): AdapterSettings {
  const refuse = (
    problem: string,
    remedy = "Merge it with peft's `merge_and_unload()`, and convert the folder that it saves.",
  ) => new ModelFileError({ file, problem, remedy })
  const {
    bias,
    fan_in_fan_out: isTurned,
    init_lora_weights: beginning,
    peft_type: kind,
    use_rslora: isStabilised,
  } = config
  if (kind !== "LORA") throw refuse(`the adapter is of the kind ${JSON.stringify(kind)}, and Facet merges LORA`)
  for (const [field, name] of Object.entries(others)) {
    if (!isNone(config[field])) throw refuse(`the field "${field}" asks for ${name}, which Facet does not merge`)
  }
  if (!isNone(bias) && bias !== "none") {
    throw refuse(`the field "bias" is ${JSON.stringify(bias)}: the adapter changes biases, and Gemma has none`)
  }
  if (!beginnings.includes(beginning)) {
    throw refuse(
      `the field "init_lora_weights" is ${JSON.stringify(beginning)}: its training began with changed weights of the base model`,
    )
  }
  const positive = (field: string, value: unknown): number => {
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value
    throw refuse(
      `the field "${field}" is ${JSON.stringify(value)}, no number above zero`,
      "Take the file as peft saved it.",
    )
  }
  const alpha = positive("lora_alpha", config["lora_alpha"] ?? 8)
  const patterns = Object.entries(isJsonObject(config["alpha_pattern"]) ? config["alpha_pattern"] : {}).map(
    ([key, value]) => ({ fits: patternOf(key, refuse), alpha: positive(`alpha_pattern.${key}`, value) }),
  )
  return {
    scaleOf: (module, rank) => {
      const own = patterns.find(({ fits }) => fits.test(module))?.alpha ?? alpha
      return own / (isStabilised === true ? Math.sqrt(rank) : rank)
    },
    warnings:
      isTurned === true
        ? ['The adapter\'s "fan_in_fan_out" was ignored, as peft does: Gemma has no layers of that kind.']
        : [],
  }
}

/** peft matches a key with the end of a module's name, as a regular expression. */
function patternOf(key: string, refuse: (problem: string) => ModelFileError): RegExp {
  try {
    return new RegExp(`^(?:.*\\.)?(?:${key})$`)
  } catch {
    throw refuse(`the field "alpha_pattern" has the key ${JSON.stringify(key)}, which is no regular expression`)
  }
}
