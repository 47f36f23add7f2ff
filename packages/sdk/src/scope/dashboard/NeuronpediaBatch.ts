/**
 * Dashboards as SAEDashboard writes them and Neuronpedia takes them: a batch of features of one autoencoder.
 *
 * Source: SAEDashboard (`sae_dashboard/neuronpedia/neuronpedia_dashboard.py`). Bars of a histogram are given by the middle of
 * their intervals; of the strongest activations a bin is from -1.
 */
import { isJsonObject, type JsonObject } from "../../files/ModelFiles.ts"
import { invalidRequest } from "../../words/Errors.ts"
import { siteNamed } from "../../words/Site.ts"
import { siteOfSet } from "../neuronpedia/Source.ts"
import type { ActivationSpan, DashboardReport, FeatureDashboard, LogitEffect } from "./FeatureDashboard.ts"

/** Writes dashboards as a batch. What Neuronpedia has no field for, such as labels, is left out. */
export function dashboardsToNeuronpedia(report: DashboardReport): JsonObject {
  return {
    model_id: report.model.split("/").at(-1),
    layer: report.layer,
    sae_set: report.set ?? report.site,
    features: report.features.map((feature) => toFeature(feature, report)),
  }
}

function toFeature(feature: FeatureDashboard, { dataset = "", texts, tokens }: DashboardReport): JsonObject {
  const { density, histogram, index, max, neighbours, promoted = [], spans, suppressed = [] } = feature
  const width = histogram.to / histogram.counts.length
  return {
    feature_index: index,
    neuron_alignment_indices: [],
    neuron_alignment_values: [],
    neuron_alignment_l1: [],
    correlated_neurons_indices: [],
    correlated_neurons_l1: [],
    correlated_neurons_pearson: [],
    correlated_features_indices: neighbours.map((one) => one.index),
    correlated_features_l1: [],
    correlated_features_pearson: neighbours.map(({ correlation }) => correlation),
    neg_str: suppressed.map(({ token }) => token),
    neg_values: suppressed.map(({ effect }) => effect),
    pos_str: promoted.map(({ token }) => token),
    pos_values: promoted.map(({ effect }) => effect),
    frac_nonzero: density,
    freq_hist_data_bar_values: histogram.counts.map((_, i) => (i + 0.5) * width),
    freq_hist_data_bar_heights: [...histogram.counts],
    logits_hist_data_bar_heights: [],
    logits_hist_data_bar_values: [],
    n_prompts_total: texts,
    n_tokens_in_prompt: texts === 0 ? 0 : Math.round(tokens / texts),
    dataset,
    decoder_weights_dist: [],
    activations: spans.map((span) => ({
      bin_min: -1,
      bin_max: max,
      bin_contains: -1,
      tokens: span.tokens,
      values: span.values,
    })),
  }
}

/**
 * Reads a batch, ours or SAEDashboard's.
 *
 * @throws InvalidRequestError that names the field which is none.
 */
export function dashboardsFromNeuronpedia(batch: unknown): DashboardReport {
  const { features, layer, model_id: model, sae_set: set } = object(batch, "batch")
  if (typeof model !== "string" || typeof set !== "string") throw refuse("batch", "it names no model_id and sae_set")
  if (!Array.isArray(features)) throw refuse("features", "it is no list")
  const read = features.map((one: unknown, i) => object(one, `features[${i}]`))
  const first = read[0]
  const texts = first === undefined ? 0 : numberIn(first, "n_prompts_total", "features[0]")
  const perText = first === undefined ? 0 : numberIn(first, "n_tokens_in_prompt", "features[0]")
  const dataset = first?.["dataset"]
  return {
    model,
    site: siteOfSet(set) ?? siteNamed(set) ?? "resid_post",
    layer: layerOf(layer),
    set,
    ...(typeof dataset === "string" && dataset !== "" && { dataset }),
    texts,
    tokens: texts * perText,
    features: read.map((one, i) => fromFeature(one, `features[${i}]`)),
  }
}

/** SAEDashboard has a number, Neuronpedia a text. */
function layerOf(layer: unknown): number {
  const read = typeof layer === "string" && /^\d+$/.test(layer) ? Number(layer) : layer
  if (typeof read === "number" && Number.isInteger(read) && read >= 0) return read
  throw refuse("layer", "it is no layer")
}

function fromFeature(one: JsonObject, path: string): FeatureDashboard {
  const counts = numbersIn(one, "freq_hist_data_bar_heights", path)
  const middles = numbersIn(one, "freq_hist_data_bar_values", path)
  const spans = listIn(one, "activations", path).map((span, i) => spanOf(span, `${path}.activations[${i}]`, i))
  const correlations = numbersIn(one, "correlated_features_pearson", path)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const weighed = counts.reduce((sum, count, i) => sum + count * (middles[i] ?? 0), 0)
  return {
    index: numberIn(one, "feature_index", path),
    density: numberIn(one, "frac_nonzero", path),
    max: Math.max(0, ...spans.map(({ max }) => max)),
    // As near as its histogram tells.
    mean: total === 0 ? 0 : weighed / total,
    histogram: { to: (middles.at(-1) ?? 0) + (middles[0] ?? 0), counts },
    spans,
    neighbours: numbersIn(one, "correlated_features_indices", path).map((index, i) => ({
      index,
      correlation: correlations[i] ?? 0,
    })),
    promoted: effectsIn(one, "pos", path),
    suppressed: effectsIn(one, "neg", path),
  }
}

function spanOf(value: unknown, path: string, text: number): ActivationSpan {
  const span = object(value, path)
  const tokens = listIn(span, "tokens", path).map(String)
  const values = numbersIn(span, "values", path)
  if (tokens.length !== values.length) throw refuse(path, `it has ${tokens.length} tokens and ${values.length} values`)
  const max = Math.max(0, ...values)
  return { tokens, values, max, maxIndex: Math.max(0, values.indexOf(max)), text }
}

function effectsIn(one: JsonObject, sign: "pos" | "neg", path: string): ReadonlyArray<LogitEffect> {
  const values = numbersIn(one, `${sign}_values`, path)
  return listIn(one, `${sign}_str`, path).map((token, i) => ({ token: String(token), effect: values[i] ?? 0 }))
}

function object(value: unknown, path: string): JsonObject {
  if (isJsonObject(value)) return value
  throw refuse(path, "it is no object")
}

function listIn(one: JsonObject, key: string, path: string): ReadonlyArray<unknown> {
  const value = one[key]
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  throw refuse(`${path}.${key}`, "it is no list")
}

function numbersIn(one: JsonObject, key: string, path: string): ReadonlyArray<number> {
  return listIn(one, key, path).map((value, i) => {
    if (typeof value === "number") return value
    throw refuse(`${path}.${key}[${i}]`, "it is no number")
  })
}

function numberIn(one: JsonObject, key: string, path: string): number {
  const value = one[key]
  if (typeof value === "number") return value
  throw refuse(`${path}.${key}`, "it is no number")
}

const refuse = (option: string, problem: string) =>
  invalidRequest(
    option,
    problem,
    "Give a batch that SAEDashboard or `facet scope dashboard --format neuronpedia` wrote.",
  )
