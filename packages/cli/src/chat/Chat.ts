/** A conversation in a terminal, or over pipes. */
import { writeFile } from "node:fs/promises"
import type { Facet } from "@facet/sdk"
import { type GenerateOptions, type GenerationPart, holdsBack, type TraceToken } from "@facet/sdk/words"
import type { Console } from "../Console.ts"
import { describeFailure } from "../describeFailure.ts"
import { heatLines } from "../heatLines.ts"
import { visible } from "../textWidth.ts"
import { featureLines, strongestFeatures } from "../TraceTable.ts"
import { worstOf } from "../verdictTable.ts"
import type { Conversation } from "./Conversation.ts"
import { Lines } from "./Lines.ts"

const help = [
  "/system TEXT   tell the model what it is; without a text, what it was told; /system off forgets it",
  "/guard on|off  judge what goes in and what comes out",
  "/trace on|off  show which features were active in each answer",
  "/save FILE     write the conversation down, as JSON or, to a .md, as text",
  "/reset         forget the conversation",
  "/quit          leave; Ctrl-C stops an answer, and twice at the prompt leaves",
]

/** Features that are listed below an answer. */
const listed = 5

/** An answer under way. */
interface Answer {
  text: string
  isBlocked: boolean
  readonly trace: Array<TraceToken>
}

export class Chat {
  readonly #console: Console
  readonly #facet: Facet
  readonly #conversation: Conversation
  readonly #options: GenerateOptions
  readonly #lines: Lines
  #hasGuard: boolean
  #hasTrace = false
  /** Ends the answer that is under way. */
  #answering: AbortController | undefined
  #wantsToLeave = false

  constructor(console: Console, facet: Facet, conversation: Conversation, { guard, ...options }: GenerateOptions) {
    this.#console = console
    this.#facet = facet
    this.#conversation = conversation
    this.#options = options
    this.#hasGuard = guard === true
    this.#lines = new Lines(console, (hadText) => this.#interrupt(hadText))
  }

  /** Until the user leaves. */
  async run(): Promise<void> {
    using lines = this.#lines
    if (lines.isInteractive) await this.#say(`${this.#facet.model}. /help tells what there is besides talking.`)
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      this.#wantsToLeave = false
      this.#console.signal.throwIfAborted()
      const text = line.trim()
      if (text === "/quit" || text === "/exit") return
      if (text.startsWith("/")) await this.#obey(text)
      else if (text !== "") await this.#answer(text)
    }
    if (lines.isInteractive) await this.#console.out.writeLine()
  }

  #interrupt(hadText: boolean): void {
    if (this.#answering !== undefined) return this.#answering.abort()
    if (hadText) return
    if (this.#wantsToLeave) return this.#lines.end()
    this.#wantsToLeave = true
    void this.#say("\nCtrl-C again, or /quit, to leave.").then(() => this.#lines.prompt())
  }

  #say(text: string): Promise<void> {
    const { err } = this.#console
    return err.writeLine(err.paint.dim(text))
  }

  async #obey(line: string): Promise<void> {
    const [, name = "", rest = ""] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? []
    switch (name) {
      case "help":
        for (const text of help) await this.#say(text)
        return
      case "system":
        return this.#setSystem(rest)
      case "guard":
        this.#hasGuard = await this.#switched("guard", this.#hasGuard, rest)
        return
      case "trace":
        this.#hasTrace = await this.#switched("trace", this.#hasTrace, rest)
        return
      case "save":
        return this.#save(rest)
      case "reset":
        this.#conversation.clear()
        return this.#say("The conversation is forgotten.")
      default:
        return this.#say(`There is no /${name}. /help tells what there is.`)
    }
  }

  async #setSystem(text: string): Promise<void> {
    if (text === "") return this.#say(this.#conversation.system || "The model was told nothing.")
    this.#conversation.system = text === "off" ? "" : text
    await this.#say(text === "off" ? "The model is told nothing." : "The model is told so from now on.")
  }

  async #switched(what: string, before: boolean, wanted: string): Promise<boolean> {
    const after = wanted === "" ? !before : wanted === "on" ? true : wanted === "off" ? false : undefined
    await this.#say(after === undefined ? `/${what} is on or off.` : `/${what} is ${after ? "on" : "off"}.`)
    return after ?? before
  }

  async #save(file: string): Promise<void> {
    if (file === "") return this.#say("/save needs the name of a file.")
    try {
      await writeFile(file, this.#conversation.written(file, this.#facet.model), { flag: "wx" })
      await this.#say(`Written to ${file}.`)
    } catch (cause) {
      const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST"
      await this.#say(isThere ? `${file} is there already: name another.` : String(cause))
    }
  }

  async #answer(question: string): Promise<void> {
    const answering = new AbortController()
    this.#answering = answering
    const { err, signal, verbose } = this.#console
    const answer: Answer = { text: "", isBlocked: false, trace: [] }
    try {
      const parts = this.#facet.stream(this.#conversation.asking(question), {
        ...this.#options,
        guard: this.#hasGuard,
        ...(this.#hasTrace && { trace: true }),
        signal: AbortSignal.any([signal, answering.signal]),
      })
      for await (const part of parts) await this.#show(part, answer)
    } catch (error) {
      signal.throwIfAborted()
      if (!answering.signal.aborted) {
        if (answer.text !== "") await this.#console.out.writeLine()
        return err.writeLine(err.paint.bad(describeFailure(error, {}, verbose)))
      }
      await this.#console.out.writeLine()
      await this.#say("Stopped.")
    } finally {
      this.#answering = undefined
    }
    if (!answer.isBlocked && answer.text !== "") this.#conversation.add(question, answer.text)
  }

  async #show(part: GenerationPart, answer: Answer): Promise<void> {
    const { err, out } = this.#console
    if (part.type === "text") {
      answer.text += part.text
      await out.write(out.isTerminal ? visible(part.text, false) : part.text)
    } else if (part.type === "verdict" && holdsBack(part.verdict)) {
      answer.isBlocked = true
      const { policy, probability } = worstOf(part.verdict)
      const what = part.of === "input" ? "That was not let in" : "The rest was held back"
      await err.writeLine(err.paint.bad(`${what} (${policy}, ${Math.round(probability * 100)} %).`))
    } else if (part.type === "trace") {
      answer.trace.push(...part.tokens)
    } else if (part.type === "finish") {
      if (answer.text !== "" && !answer.text.endsWith("\n")) await out.writeLine()
      if (answer.trace.length > 0) await this.#showTrace(answer.trace)
    }
  }

  async #showTrace(tokens: ReadonlyArray<TraceToken>): Promise<void> {
    const { err } = this.#console
    const lines = [
      ...(err.paint.isOn ? heatLines(tokens, err) : []),
      ...featureLines(strongestFeatures(tokens).slice(0, listed), err),
    ]
    for (const line of lines) await err.writeLine(line)
  }
}
