/** How tokens are chosen, as options of a command: made of the SDK's own table, so that an option there is one here. */
import {
  biasRange,
  type SamplingNumberName,
  samplingNumberNames,
  samplingNumbers,
  type SamplingOptions,
} from "@facet/sdk/words"
import { flagOf, type OptionSpec, type Values } from "./Options.ts"
import { UsageError } from "./UsageError.ts"

/** What stands for the value in the help is the name's last word: `--top-k K`. */
const specOf = (name: SamplingNumberName) =>
  ({
    kind: "number",
    value: (/[A-Z](?=[a-z]*$)/.exec(name)?.[0] ?? name.charAt(0)).toUpperCase(),
    about: samplingNumbers[name].about,
  }) as const satisfies OptionSpec

type NumberSpecs = { readonly [Name in SamplingNumberName]: ReturnType<typeof specOf> }

export const samplingOptions = {
  // An entry for each name is the type that this says, which `fromEntries` cannot know.
  ...(Object.fromEntries(samplingNumberNames.map((name) => [name, specOf(name)])) as NumberSpecs),
  logitBias: {
    kind: "list",
    value: "ID=BIAS",
    about: `add BIAS, ${biasRange.min} to ${biasRange.max}, to the logit of a token; may be given several times`,
  },
} as const

/** @throws UsageError for a bias that is none. */
export function readSampling({ logitBias, ...numbers }: Values<typeof samplingOptions>): SamplingOptions {
  if (logitBias === undefined) return numbers
  return { ...numbers, logitBias: Object.fromEntries(logitBias.map(readBias)) }
}

/** Flags that only narrow a choice, where none is made: without a temperature the likeliest token is taken. */
export function idleFlags({ minP, temperature = 0, topK, topP }: SamplingOptions): ReadonlyArray<string> {
  if (temperature !== 0) return []
  const given = { topK, topP, minP }
  const names = ["topK", "topP", "minP"] as const
  return names.filter((name) => given[name] !== undefined).map((name) => `--${flagOf(name, samplingOptions[name])}`)
}

/** Which tokens there are is for the model to say. */
function readBias(text: string): readonly [id: string, bias: number] {
  const [, id, bias] = /^(\d+)=([+-]?(?:\d+\.?\d*|\.\d+))$/.exec(text) ?? []
  if (id === undefined || bias === undefined) {
    throw new UsageError(`--logit-bias takes a token's id and a number, such as 235=-5, not "${text}"`)
  }
  return [id, Number(bias)]
}
