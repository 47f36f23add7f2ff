/** What may stand escaped with the flag `u`, outside a set. */
const syntax = "^$\\.*+?()[]{}|/"

/**
 * A pattern as the flag `u` has it. Written without it, some say the same with a backslash before what is none of their
 * syntax, such as `\@`, or with a bracket alone.
 *
 * @returns undefined where it is no pattern with the flag, nor without it.
 */
export function unicodePattern(source: string): string | undefined {
  if (isPattern(source, "u")) return source
  if (!isPattern(source, "")) return undefined
  const strict = strictly(source)
  return isPattern(strict, "u") ? strict : undefined
}

function isPattern(source: string, flags: string): boolean {
  try {
    return new RegExp(source, flags) instanceof RegExp
  } catch {
    return false
  }
}

function strictly(source: string): string {
  let text = ""
  let isInSet = false
  for (let at = 0; at < source.length; at++) {
    const character = source[at] ?? ""
    if (character === "\\") {
      text += escaped(source[++at] ?? "", isInSet)
    } else if (isInSet) {
      isInSet = character !== "]"
      // Beside a class it is no range.
      const isBeside = /\\[dDsSwW]$/.test(text) || /^\\[dDsSwW]/.test(source.slice(at + 1, at + 3))
      text += character === "-" && isBeside ? "\\-" : character
    } else if (character === "{" && !/^\{\d+(?:,\d*)?\}/.test(source.slice(at, at + 24))) {
      text += "\\{"
    } else if ((character === "}" && !/\{\d+(?:,\d*)?$/.test(text.slice(-24))) || character === "]") {
      text += `\\${character}`
    } else {
      isInSet = character === "["
      text += character
    }
  }
  return text
}

/** Letters and digits mean something, or nothing that can be known. */
const escaped = (character: string, isInSet: boolean): string =>
  /[A-Za-z0-9]/.test(character) || syntax.includes(character) || (isInSet && character === "-")
    ? `\\${character}`
    : character
