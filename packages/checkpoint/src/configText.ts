/** A `config.json` as Python reads it. */
import type { JsonObject } from "@facet/sdk/folders"

/**
 * Fields that transformers takes as nothing but a float since its 5.19, and so refuses as `30` where `30.0` is meant.
 * Source: the types in `Gemma2Config` and `Gemma3TextConfig` of transformers 5.24.
 */
const floats = ["attn_logit_softcapping", "final_logit_softcapping", "initializer_range", "rms_norm_eps"]

const whole = new RegExp(`("(?:${floats.join("|")})": -?\\d+)(?=,?\\n)`, "g")

/** JavaScript tells no `30.0` from `30`, and writes the latter. */
export const configText = (config: JsonObject): string => `${JSON.stringify(config, null, 2)}\n`.replace(whole, "$1.0")
