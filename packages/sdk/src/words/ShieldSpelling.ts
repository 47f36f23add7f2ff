/** The spellings of ShieldGemma's prompt that Google and its partners have published. They differ in line breaks and little else. */

/**
 * - `A`: the chat template of the Hub's google/shieldgemma-2b, -9b and -27b;
 * - `B`: Google's notebooks for Hugging Face and Keras;
 * - `C`: the model card, which shows a prompt and no response;
 * - `D`: the paper's figure 2, what the model was tuned on; the guideline stands between question and response;
 * - `E`: Hugging Face's announcement and the Hub's README, which show a prompt and no response.
 */
export const shieldSpellings = ["A", "B", "C", "D", "E"] as const
export type ShieldSpelling = (typeof shieldSpellings)[number]

/** Those that have a wording for responses. */
export const judgesResponses = (spelling: ShieldSpelling): boolean => spelling !== "C" && spelling !== "E"
