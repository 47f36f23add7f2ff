/** A string of JSON whose end has not come yet. */
import { isNameShaped } from "./Names.ts"
import { wordsAt } from "./wordsOfJson.ts"

/** So many letters tell whether it is an address. */
const headLength = 64

export class OpenString {
  readonly isKey: boolean
  /** The key of the field that it is the value of. */
  readonly #key: string
  #waiting = ""
  #head = ""
  /**
   * `unbroken`: it may yet turn out to be a name, bytes or an address. `held`: only its end tells what it is. `text`: it
   * is told as it comes.
   */
  #is: "blank" | "unbroken" | "held" | "text" = "blank"

  constructor(key: string, isKey: boolean) {
    this.#key = key
    this.isKey = isKey
  }

  get isWaiting(): boolean {
    return this.#waiting !== ""
  }

  /** A key's letters, since keys are not told before their end. */
  get letters(): string {
    return this.#waiting
  }

  add(letters: string): void {
    this.#waiting += letters
    if (this.isKey) this.#is = "held"
    if (this.#is !== "text" && this.#is !== "held") this.#look(letters)
  }

  /** What is told before the end. */
  tell(): string {
    return this.#is === "text" ? this.#take() : ""
  }

  /** What is told at the end, with a line's end behind all that was told. */
  close(): string {
    const words = this.#is === "text" ? this.#take() : this.#words()
    return words === "" && this.#is !== "text" ? "" : `${words}\n`
  }

  /** What waits is told as far as it came, and what follows as it comes. */
  giveUp(): string {
    const words = this.#is === "text" ? this.#take() : this.#words()
    if (!this.isKey) this.#is = "text"
    this.#waiting = ""
    return words
  }

  #take(): string {
    const letters = this.#waiting
    this.#waiting = ""
    return letters
  }

  #words(): string {
    if (this.isKey) return isNameShaped(this.#waiting) ? "" : this.#waiting
    const words = wordsAt({ path: "", key: this.#key, text: this.#waiting, isKey: false })
    return words.trim() === "" ? "" : words
  }

  /** Only at new letters, so that a long string is not looked at again and again. */
  #look(letters: string): void {
    const seen = this.#is === "blank" ? letters.trimStart() : letters
    if (seen === "") return
    if (this.#head.length < headLength) this.#head = (this.#head + seen).slice(0, headLength)
    if (this.#is === "blank") this.#is = /^[[{]/.test(seen) ? "held" : "unbroken"
    if (this.#is === "held" || /^[!-~]*$/.test(seen)) return
    if (/^data:/i.test(this.#head)) this.#is = "held"
    else if (/\s/u.test(seen) || !/^[a-z][a-z\d+.-]*:\/\//i.test(this.#head)) this.#is = "text"
  }
}
