/** Colours, where they are wanted. */

/** Shades from pale yellow to red in the 256-colour palette, readable under black. */
const heat = [230, 229, 228, 221, 215, 209, 203]
const black = 16

export class Paint {
  readonly isOn: boolean

  constructor(isTerminal: boolean, env: NodeJS.ProcessEnv) {
    this.isOn = wantsColours(isTerminal, env)
  }

  bold(text: string): string {
    return this.#with("1", "22", text)
  }

  dim(text: string): string {
    return this.#with("2", "22", text)
  }

  bad(text: string): string {
    return this.#with("31", "39", text)
  }

  good(text: string): string {
    return this.#with("32", "39", text)
  }

  accent(text: string): string {
    return this.#with("36", "39", text)
  }

  /** @param strength from 0 (no shade) to 1 */
  heat(strength: number, text: string): string {
    if (!(strength > 0)) return text
    const shade = heat[Math.min(Math.floor(strength * heat.length), heat.length - 1)]
    return this.#with(`38;5;${black};48;5;${shade}`, "39;49", text)
  }

  #with(on: string, off: string, text: string): string {
    return this.isOn && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text
  }
}

/** https://no-color.org and https://force-color.org; forcing wins, as it does in Node. */
function wantsColours(
  isTerminal: boolean,
  { FORCE_COLOR: forced, NO_COLOR: none, TERM: terminal }: NodeJS.ProcessEnv,
): boolean {
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false"
  if (none !== undefined && none !== "") return false
  return isTerminal && terminal !== "dumb"
}
