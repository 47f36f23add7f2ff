/** A horizontal bar of block characters. */
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

/** @param share from 0 to 1; whatever is above 0 shows at least a sliver */
export function bar(share: number, width: number): string {
  if (!(share > 0)) return ""
  const parts = Math.max(1, Math.round(Math.min(share, 1) * width * 8))
  return "█".repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? "")
}
