/** How strongly a token is shown: Neuronpedia's scale, and a coarse one for what is not colour. */

/** Activations up to this one leave a token uncoloured. */
const invisible = 5e-5

/** Steps of strength that a token can show besides its colour; 0 is none. */
export type StrengthLevel = 0 | 1 | 2 | 3 | 4

/**
 * The opacity of a token's colour, from 0 to 1 and rounded to hundredths. It grows with the logarithm, so that weak
 * activations are told from none.
 *
 * @param maximum the strongest activation of what is shown together
 */
export function alphaOf(activation: number, maximum: number): number {
  // Written so that NaN is nothing, too.
  if (!(activation > invisible) || !(maximum > 0)) return 0
  const share = Math.min(activation / maximum, 1)
  return Math.round((0.05 + 0.95 * Math.log10(1 + 9 * share)) * 100) / 100
}

/**
 * Quarters of the strongest activation, for the thickness of underlines: colour is never the only sign. They grow evenly,
 * so that strong tokens stand out among those that the logarithm makes alike.
 */
export function levelOf(activation: number, maximum: number): StrengthLevel {
  if (!(activation > invisible) || !(maximum > 0)) return 0
  const share = activation / maximum
  if (share <= 0.25) return 1
  if (share <= 0.5) return 2
  return share <= 0.75 ? 3 : 4
}

/** An activation as it is printed where it must be exact: signed, with four decimals. */
export const signedActivation = (activation: number): string =>
  `${activation < 0 ? "−" : "+"}${Math.abs(activation).toFixed(4)}`
