/**
 * The embedded models' files for a bundler: paths below `models/`, and the addresses under which the bundle serves them.
 * Bundlers find an asset by this very expression, so each is written out.
 */
export const assets: ReadonlyMap<string, string> = new Map([
  ["tiny-gemma-it/config.json", new URL("../models/tiny-gemma-it/config.json", import.meta.url).href],
  [
    "tiny-gemma-it/generation_config.json",
    new URL("../models/tiny-gemma-it/generation_config.json", import.meta.url).href,
  ],
  ["tiny-gemma-it/known_logits.json", new URL("../models/tiny-gemma-it/known_logits.json", import.meta.url).href],
  ["tiny-gemma-it/model.safetensors", new URL("../models/tiny-gemma-it/model.safetensors", import.meta.url).href],
  ["tiny-gemma-it/tokenizer.json", new URL("../models/tiny-gemma-it/tokenizer.json", import.meta.url).href],
  [
    "tiny-gemma-it/tokenizer_config.json",
    new URL("../models/tiny-gemma-it/tokenizer_config.json", import.meta.url).href,
  ],
  [
    "tiny-scope/mlp_out/layer_1/width_768/average_l0_10/labels.json",
    new URL("../models/tiny-scope/mlp_out/layer_1/width_768/average_l0_10/labels.json", import.meta.url).href,
  ],
  [
    "tiny-scope/mlp_out/layer_1/width_768/average_l0_10/params.npz",
    new URL("../models/tiny-scope/mlp_out/layer_1/width_768/average_l0_10/params.npz", import.meta.url).href,
  ],
  [
    "tiny-scope/resid_post/layer_2/width_768/average_l0_28/labels.json",
    new URL("../models/tiny-scope/resid_post/layer_2/width_768/average_l0_28/labels.json", import.meta.url).href,
  ],
  [
    "tiny-scope/resid_post/layer_2/width_768/average_l0_28/params.npz",
    new URL("../models/tiny-scope/resid_post/layer_2/width_768/average_l0_28/params.npz", import.meta.url).href,
  ],
  [
    "tiny-scope/resid_post/layer_4/width_768/average_l0_32/labels.json",
    new URL("../models/tiny-scope/resid_post/layer_4/width_768/average_l0_32/labels.json", import.meta.url).href,
  ],
  [
    "tiny-scope/resid_post/layer_4/width_768/average_l0_32/params.npz",
    new URL("../models/tiny-scope/resid_post/layer_4/width_768/average_l0_32/params.npz", import.meta.url).href,
  ],
  ["tiny-shield/config.json", new URL("../models/tiny-shield/config.json", import.meta.url).href],
  ["tiny-shield/generation_config.json", new URL("../models/tiny-shield/generation_config.json", import.meta.url).href],
  ["tiny-shield/known_logits.json", new URL("../models/tiny-shield/known_logits.json", import.meta.url).href],
  ["tiny-shield/model.safetensors", new URL("../models/tiny-shield/model.safetensors", import.meta.url).href],
  ["tiny-shield/tokenizer.json", new URL("../models/tiny-shield/tokenizer.json", import.meta.url).href],
  ["tiny-shield/tokenizer_config.json", new URL("../models/tiny-shield/tokenizer_config.json", import.meta.url).href],
])
