import type { FrameText } from "../Frame.ts"
import { Blocks } from "./Blocks.ts"
import { EventField } from "./EventField.ts"
import { expectsName } from "./Names.ts"
import { isOpaque } from "./Language.ts"
import { NameRuns } from "./NameRuns.ts"
import type { Said } from "./Said.ts"
import { type StringAt, stringsOf } from "./stringsOf.ts"
import { TextField } from "./TextField.ts"
import { isDataUrl } from "./textOfUrl.ts"
import { wordsAt, wordsOfJson } from "./wordsOfJson.ts"

type Texts = ReadonlyArray<FrameText>

/** Fields of events that hold JSON in fragments. */
const jsonFields = new Set(["arguments", "partial_json"])
/** A piece of a text may by chance be a whole text; not if it is this long. */
const shortestRepeat = 16

/**
 * The words of a streamed answer, each on the channel of its text, as the frames of a guard carry them. Nothing is judged
 * by fragments: JSON is read as JSON wherever it was cut, what may be a name waits until it is known to be one, the
 * fields of an event go on where the last event's left off, and the blocks of a text are joined.
 *
 * @example
 * const words = new StreamWords()
 * const texts = ["os", ".system("].flatMap((code) => [...words.fields("", { code }), ...words.nextEvent()])
 * console.log(texts.map(({ text, isHeld = false }) => `${text} ${isHeld}`)) // => [ 'os true', 'os.system( false' ]
 */
export class StreamWords {
  readonly #texts = new Map<string, TextField>()
  readonly #fields = new Map<string, EventField>()
  readonly #blocks = new Map<string, Blocks>()
  /** Channels of fields that wait for the next event. */
  readonly #waiting = new Set<string>()
  /** Channels that this event goes on with. */
  readonly #current = new Set<string>()
  /** Texts that are complete: what only repeats one needs no second judgement. */
  readonly #told = new Set<string>()
  readonly #toldKeys = new Set<string>()

  /**
   * A text goes on.
   *
   * @param isJson whether it is JSON in fragments, such as a tool's arguments.
   */
  text(channel: string, piece: string, isJson = false): Texts {
    return piece === "" ? [] : on(channel, this.#text(channel, isJson).goOn(piece))
  }

  /**
   * A block of a text begins: its channel is that of all such blocks, joined in this order.
   *
   * @param id its name, of its own among those of channels: verdicts are told under it.
   */
  startBlock(channel: string, id: string): void {
    this.#blocksOf(channel).start(id)
  }

  /** A block goes on. */
  block(channel: string, id: string, piece: string, isJson = false): Texts {
    return this.#blocksOf(channel).goOn({ id, text: piece, isJson })
  }

  /** A block is complete; the next one may go on with its sentence. */
  endBlock(channel: string, id: string): Texts {
    const { said, texts } = this.#blocksOf(channel).end(id)
    this.#told.add(said)
    return texts
  }

  /** Something else is said, so sentences of blocks that have ended are complete; not those of a channel that goes on. */
  pauseBlocks(except?: string): Texts {
    return [...this.#blocks].flatMap(([channel, { isOpen }]) =>
      isOpen || channel === except ? [] : this.endText(channel),
    )
  }

  /**
   * The fields of an event, each on the channel of its place behind the prefix, where it goes on from event to event.
   *
   * @param isWhole whether its texts are complete as they are, so that they are judged at once.
   */
  fields(prefix: string, event: unknown, isWhole = false): Texts {
    const texts: Array<FrameText> = []
    const first: Array<string> = []
    const names = new NameRuns()
    for (const at of stringsOf(event, "", false)) {
      const channel = prefix + at.path
      names.add(at)
      if (at.isKey) first.push(this.#key(channel, at))
      else if (isBytes(at)) first.push(wordsAt(at))
      else if (!isWhole || expectsName(at.key)) texts.push(...this.#field(channel, at))
      else if (this.#texts.has(channel)) texts.push(...this.#add(channel, at))
      else first.push(this.#begin(channel, at))
    }
    return [...texts, ...lines(prefix.replace(/[ .]$/, ""), [...first, ...names.take()])]
  }

  /** The event is over, and what waited for it to go on is complete. */
  nextEvent(): Texts {
    const texts = this.#endFields("", false)
    this.#current.clear()
    return texts
  }

  /** A JSON value that is complete, judged at once, but for strings that only repeat a text. */
  whole(channel: string, value: unknown): Texts {
    const strings = [...stringsOf(value)].filter(({ isKey, text }) => isKey || !this.#isTold(text))
    const names = new NameRuns()
    for (const at of strings) names.add(at)
    return lines(channel, [...strings.map(wordsAt), ...names.take()])
  }

  /**
   * The JSON of a channel is complete, as this value.
   *
   * @param other the channel on which it is judged if it says anything else than its fragments.
   */
  wholeJson(channel: string, value: unknown, other: string): Texts {
    const told = this.#texts.get(channel)
    if (told === undefined) return this.whole(other, value)
    const texts = this.endText(channel)
    const isTold = told.raw === value || told.words === lineOf(wordsOfJson(value))
    return isTold ? texts : [...texts, ...this.whole(other, value)]
  }

  /** A text is complete. */
  endText(channel: string): Texts {
    const text = this.#texts.get(channel)
    if (text?.isOpen !== true) return []
    const texts = [{ channel, ...text.end() }]
    this.#told.add(text.raw)
    return texts
  }

  /** All texts are complete whose channels begin like this. */
  end(prefix = ""): Texts {
    const blocks = [...this.#blocks].filter(([channel]) => channel.startsWith(prefix))
    return [...blocks.flatMap(([, joined]) => joined.endAll()), ...this.#end(prefix, true)]
  }

  /** The same, but for those that this event goes on with. */
  endOthers(prefix: string): Texts {
    return this.#end(prefix, false)
  }

  #end(prefix: string, isAll: boolean): Texts {
    const texts: Array<FrameText> = [...this.#endFields(prefix, isAll)]
    for (const channel of this.#texts.keys()) {
      if (this.#isMeant(channel, prefix, isAll)) texts.push(...this.endText(channel))
    }
    return texts
  }

  #endFields(prefix: string, isAll: boolean): Texts {
    const texts: Array<FrameText> = []
    for (const channel of this.#waiting) {
      if (!this.#isMeant(channel, prefix, isAll)) continue
      this.#waiting.delete(channel)
      texts.push(...on(channel, this.#fields.get(channel)?.complete() ?? []))
    }
    return texts
  }

  #isMeant(channel: string, prefix: string, isAll: boolean): boolean {
    return channel.startsWith(prefix) && (isAll || !this.#current.has(channel))
  }

  #field(channel: string, { key, text }: StringAt): Texts {
    this.#current.add(channel)
    if (jsonFields.has(key)) return on(channel, this.#text(channel, true).goOn(text))
    const field = this.#fields.get(channel) ?? new EventField(this.#text(channel), expectsName(key))
    this.#fields.set(channel, field)
    const said = field.read(text)
    if (field.isWaiting) this.#waiting.add(channel)
    else this.#waiting.delete(channel)
    return on(channel, said)
  }

  #add(channel: string, { text }: StringAt): Texts {
    return text.length >= shortestRepeat && this.#isTold(text) ? [] : [{ channel, ...this.#text(channel).add(text) }]
  }

  #begin(channel: string, at: StringAt): string {
    const isTold = this.#isTold(at.text)
    this.#text(channel).begin(at.text)
    return isTold ? "" : wordsAt(at)
  }

  #key(channel: string, at: StringAt): string {
    if (this.#toldKeys.has(channel)) return ""
    this.#toldKeys.add(channel)
    return wordsAt(at)
  }

  #isTold(text: string): boolean {
    return this.#told.has(text) || this.#texts.values().some(({ isOpen, raw }) => isOpen && raw === text)
  }

  #text(channel: string, isJson = false): TextField {
    const known = this.#texts.get(channel)
    if (known !== undefined) return known
    const made = new TextField(isJson)
    this.#texts.set(channel, made)
    return made
  }

  #blocksOf(channel: string): Blocks {
    const known = this.#blocks.get(channel)
    if (known !== undefined) return known
    const made = new Blocks(channel, ({ id, isJson, text }) =>
      this.text(channel, text, isJson).map((piece) => (piece.isHeld === true ? piece : { ...piece, block: id })),
    )
    this.#blocks.set(channel, made)
    return made
  }
}

/** What a file holds, and bytes in letters, are complete as they are. */
const isBytes = ({ file, text }: StringAt): boolean => file !== undefined || isDataUrl(text) || isOpaque(text)

const on = (channel: string, said: ReadonlyArray<Said>): Texts => said.map((piece) => ({ channel, ...piece }))

const lineOf = (words: string): string => (words.trim() === "" ? "" : `${words}\n`)

function lines(channel: string, words: ReadonlyArray<string>): Texts {
  const text = words.filter((line) => line.trim() !== "").join("\n")
  return text === "" ? [] : [{ channel, text: lineOf(text), isEnd: true }]
}
