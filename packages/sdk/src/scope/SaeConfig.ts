/**
 * What a SAELens folder says of its autoencoder, in `cfg.json`: of SAELens 6, where the place is among the metadata, and of
 * those before, where all is in one object.
 *
 * Source: SAELens 6 (`sae_lens/saes`, `sae_lens/loading`). What is not honoured is refused by name: an autoencoder that is
 * encoded in another way gives plausible nonsense.
 */
import type { Normalisation } from "../words/Normalisation.ts"
import { saeConfigFile } from "../files/ModelFileNames.ts"
import { filePath, isJsonObject, type JsonObject, type ModelFiles, readJsonObject } from "../files/ModelFiles.ts"
import { ScopeFileError } from "../words/Errors.ts"
import { type Site, type SiteName, siteNamed } from "../words/Site.ts"
import { inScope } from "./inScope.ts"
import type { SaeFormula } from "./SaeFormula.ts"

export interface SaeConfig {
  readonly formula: SaeFormula
  /** Undefined where its hook is none of the sites. */
  readonly place: (Site & { readonly writes?: SiteName }) | undefined
  /** Features; 0 where it does not say. */
  readonly width: number
  /** Width of what it reads; 0 where it does not say. */
  readonly dModel: number
  /** The model that it was trained on, as it is named there. */
  readonly model: string | undefined
}

const architectures: Readonly<Record<string, { activation: SaeFormula["activation"]; kind: "sae" | "transcoder" }>> = {
  standard: { activation: "relu", kind: "sae" },
  jumprelu: { activation: "jumprelu", kind: "sae" },
  gated: { activation: "gated", kind: "sae" },
  topk: { activation: "topk", kind: "sae" },
  transcoder: { activation: "relu", kind: "transcoder" },
  skip_transcoder: { activation: "relu", kind: "transcoder" },
  jumprelu_transcoder: { activation: "jumprelu", kind: "transcoder" },
  jumprelu_skip_transcoder: { activation: "jumprelu", kind: "transcoder" },
}

const normalisations: ReadonlyArray<Normalisation> = ["none", "layer_norm", "constant_norm_rescale"]

/**
 * @param folder with a `/` behind it, or `""`.
 *
 * Rejects with a `ScopeFileError` that names the setting which is not honoured.
 */
export async function readSaeConfig(files: ModelFiles, folder: string): Promise<SaeConfig> {
  const name = `${folder}${saeConfigFile}`
  const config = await inScope(readJsonObject(files, name))
  return new Reader(config, filePath(files, name)).read()
}

class Reader {
  readonly #config: JsonObject
  readonly #file: string

  constructor(config: JsonObject, file: string) {
    const { metadata } = config
    this.#config = isJsonObject(metadata) ? { ...metadata, ...config } : config
    this.#file = file
  }

  read(): SaeConfig {
    const name = this.#architecture()
    const known = Object.hasOwn(architectures, name) ? architectures[name] : undefined
    if (known === undefined) {
      const all = Object.keys(architectures).join(", ")
      throw this.#refuse(`it is a ${name}, which Facet does not encode`, `Take one of these: ${all}.`)
    }
    this.#refuseSet("finetuning_scaling_factor", "hook_head_index")
    const { activation, kind } = known
    if (activation !== "topk") this.#refuseSet("rescale_acts_by_decoder_norm")
    if (kind === "transcoder") this.#refuseSet("apply_b_dec_to_input")
    this.#refuseOther("activation_fn", this.#activation(), ["relu", activation])
    this.#refuseOther("reshape_activations", this.#config["reshape_activations"], ["none", "hook_z"])
    return {
      formula: {
        activation,
        k: activation === "topk" ? this.#k() : undefined,
        isInDecoderNorms: this.#config["rescale_acts_by_decoder_norm"] === true,
        // A transcoder's lies behind the MLP, and says nothing of what is in front of it.
        subtractsDecoderBias: kind === "sae" && this.#config["apply_b_dec_to_input"] !== false,
        normalisation: this.#normalisation(),
        isAffine: name.includes("skip"),
      },
      place: this.#place(kind),
      width: this.#number("d_sae") ?? 0,
      dModel: this.#number("d_in") ?? 0,
      model: this.#text("model_name"),
    }
  }

  #architecture(): string {
    const named = this.#text("architecture") ?? "standard"
    return named === "standard" && this.#activation() === "topk" ? "topk" : named
  }

  #activation(): string | undefined {
    return this.#text("activation_fn") ?? this.#text("activation_fn_str")
  }

  #k(): number {
    const kwargs = this.#config["activation_fn_kwargs"]
    const k = this.#number("k") ?? (isJsonObject(kwargs) ? kwargs["k"] : undefined)
    if (typeof k === "number" && Number.isInteger(k) && k > 0) return k
    throw this.#refuse(`its k is ${JSON.stringify(k)}`, "Give the number of features that are active at once.")
  }

  #normalisation(): Normalisation {
    const { normalize_activations: given } = this.#config
    if (given === undefined || given === null || given === false) return "none"
    const known = normalisations.find((one) => one === given)
    if (known !== undefined) return known
    throw this.#refuse(
      `its normalize_activations is ${JSON.stringify(given)}, which was not folded into its weights`,
      "Save it after fold_activation_norm_scaling_factor (SAELens), so that it says none.",
    )
  }

  #place(kind: "sae" | "transcoder"): SaeConfig["place"] {
    const reads = siteOfHook(this.#text("hook_name") ?? this.#text("hook_point") ?? "", this.#text("hf_hook_name"))
    if (reads === undefined || kind === "sae") return reads
    const written = this.#text("hook_name_out")
    const writes = written === undefined ? undefined : siteOfHook(written)
    if (writes !== undefined && writes.layer === reads.layer) return { ...reads, writes: writes.site }
    throw this.#refuse(
      `what it writes is ${JSON.stringify(written)}`,
      "Facet reads transcoders of one layer, such as from blocks.3.ln2.hook_normalized to blocks.3.hook_mlp_out.",
    )
  }

  #refuseSet(...keys: ReadonlyArray<string>): void {
    for (const key of keys) {
      const value = this.#config[key]
      if (value === undefined || value === null || value === false) continue
      throw this.#refuse(`it has ${key} ${JSON.stringify(value)}, which Facet does not honour`, "Take one without it.")
    }
  }

  #refuseOther(key: string, value: unknown, known: ReadonlyArray<string>): void {
    if (value === undefined || value === null || known.some((one) => one === value)) return
    throw this.#refuse(
      `its ${key} is ${JSON.stringify(value)}, which Facet does not honour`,
      `Take one with ${known.join(" or ")}.`,
    )
  }

  #text(key: string): string | undefined {
    const value = this.#config[key]
    return typeof value === "string" ? value : undefined
  }

  #number(key: string): number | undefined {
    const value = this.#config[key]
    return typeof value === "number" ? value : undefined
  }

  #refuse(problem: string, remedy: string): ScopeFileError {
    return new ScopeFileError({ file: this.#file, problem, remedy })
  }
}

/**
 * The site of one of TransformerLens' hooks. What comes into a layer is what the layer before gave. `hook_mlp_in` is what stands
 * before the norm there, and for SAELens' Gemma Scope 2 what stands behind it: the module's name tells.
 */
function siteOfHook(hook: string, module = ""): Site | undefined {
  const { 1: block, 2: name = "" } = /^blocks\.(\d+)\.(.+)$/.exec(hook) ?? []
  if (block === undefined) return undefined
  const layer = Number(block)
  if (name === "hook_resid_pre" && layer > 0) return { layer: layer - 1, site: "resid_post" }
  if (name === "hook_mlp_in") {
    return module.endsWith(".pre_feedforward_layernorm.output") ? { layer, site: "mlp_in" } : undefined
  }
  const site = siteNamed(name)
  return site === undefined ? undefined : { layer, site }
}
