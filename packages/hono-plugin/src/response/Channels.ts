/** The texts of a streamed answer, each under its name, as the guard is fed with them. */
import type { FrameText } from "@facet/sdk"
import { JsonUnescaper } from "../json/JsonUnescaper.ts"
import { parseJson } from "../json/parseJson.ts"
import { type StringAt, stringsOf } from "../json/StringAt.ts"

interface Channel {
  /** As it was sent. */
  raw: string
  /** Whether more of it may follow. */
  isOpen: boolean
  readonly unescaper: JsonUnescaper | undefined
}

export class Channels {
  readonly #channels = new Map<string, Channel>()

  /** A text goes on. `isJson`: it is JSON in fragments, such as a tool's arguments. */
  append(name: string, raw: string, isJson = false): ReadonlyArray<FrameText> {
    if (raw === "") return []
    const channel = this.#channel(name, isJson)
    channel.isOpen = true
    channel.raw += raw
    const text = channel.unescaper?.read(raw) ?? raw
    return text === "" ? [] : [{ channel: name, text }]
  }

  /** The texts whose names begin like this are complete. */
  end(prefix = ""): ReadonlyArray<FrameText> {
    const ended: Array<FrameText> = []
    for (const [name, channel] of this.#channels) {
      if (!channel.isOpen || !name.startsWith(prefix)) continue
      channel.isOpen = false
      ended.push({ channel: name, text: "", isEnd: true })
    }
    return ended
  }

  /**
   * Strings that are complete as they are: judged at once, together with those that came before under the same name.
   * Those that only repeat what a channel said need no second judgement.
   */
  whole(name: string, strings: ReadonlyArray<StringAt>): ReadonlyArray<FrameText> {
    const texts = strings.filter(({ text }) => !this.#isRepeat(text)).map(({ text }) => readable(text))
    const text = texts.join("\n")
    return text.trim() === "" ? [] : [{ channel: name, text: `${text}\n`, isEnd: true }]
  }

  /** What a channel said so far, as it was sent. */
  rawOf(name: string): string {
    return this.#channels.get(name)?.raw ?? ""
  }

  #channel(name: string, isJson: boolean): Channel {
    const known = this.#channels.get(name)
    if (known !== undefined) return known
    const made: Channel = { raw: "", isOpen: false, unescaper: isJson ? new JsonUnescaper() : undefined }
    this.#channels.set(name, made)
    return made
  }

  #isRepeat(text: string): boolean {
    return this.#channels.values().some(({ raw }) => raw === text)
  }
}

/** JSON within a string, such as a tool's arguments, is read without its escapes. */
function readable(text: string): string {
  const parsed = /^\s*[{[]/.test(text) ? parseJson(text) : undefined
  if (parsed === undefined) return text
  return stringsOf(parsed.value)
    .map((string) => string.text)
    .join("\n")
}
