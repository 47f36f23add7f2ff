/** The files of a model folder, by their names. */

/** Read first: small, and there in every model, so that a wrong address is found out before gigabytes. */
export const configFile = "config.json"
export const generationConfigFile = "generation_config.json"
export const tokenizerFile = "tokenizer.json"
export const tokenizerConfigFile = "tokenizer_config.json"
export const chatTemplateFile = "chat_template.jinja"
/** What a device's numbers are checked against. */
export const knownLogitsFile = "known_logits.json"
export const singleWeights = "model.safetensors"
export const weightsIndex = "model.safetensors.index.json"

/** A copy of the linear layers' weights in 8 bits, which prompts run with where that was asked for. */
export const promptWeightsFile = (fingerprint: string): string => `prompts-int8-${fingerprint}.safetensors`
export const isPromptWeights = (name: string): boolean => /^prompts-int8-[0-9a-f]+\.safetensors$/.test(name)

/** Weights as a processor multiplies them, for all processes at once, and the graph that says where in the file they are. */
export const sharedWeightsFile = (fingerprint: string): string => `shared-${fingerprint}.weights`
export const sharedGraphFile = (fingerprint: string): string => `shared-${fingerprint}.onnx`

/** What is fetched beside {@link configFile} and the weights. */
export const requiredFiles: ReadonlyArray<string> = [tokenizerFile]
export const optionalFiles: ReadonlyArray<string> = [
  generationConfigFile,
  tokenizerConfigFile,
  chatTemplateFile,
  knownLogitsFile,
]

/** What features stand for, beside an autoencoder's parameters: one's own words, and Neuronpedia's. */
export const labelsFile = "labels.json"
export const publishedLabelsFile = "neuronpedia.json"
/** An autoencoder's parameters, as Gemma Scope names them, and Gemma Scope 2, and SAELens. */
export const parametersFile = "params.npz"
export const parametersFile2 = "params.safetensors"
export const saeLensFile = "sae_weights.safetensors"
/** What SAELens says of an autoencoder, beside its parameters. */
export const saeConfigFile = "cfg.json"
