/** Rounded, but never across: 0 % and 100 % are only what is that or next to it. */
export const percent = (probability: number): string => {
  if (probability > 0 && probability < 0.01) return "< 1 %"
  if (probability < 1 && probability > 0.99) return "> 99 %"
  return `${Math.round(probability * 100)} %`
}
