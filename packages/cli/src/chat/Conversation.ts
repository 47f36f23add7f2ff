/** The turns of a conversation, and what it is kept as. */
import type { ChatMessage } from "@facet/sdk/words"

export class Conversation {
  readonly #turns: Array<ChatMessage> = []
  /** What the model is told before everything; empty for nothing. */
  system: string

  constructor(system = "") {
    this.system = system
  }

  get turns(): ReadonlyArray<ChatMessage> {
    return this.#turns
  }

  /** What the model is asked, with a question that is not part of the history yet. */
  asking(question: string): ReadonlyArray<ChatMessage> {
    const system: ReadonlyArray<ChatMessage> = this.system === "" ? [] : [{ role: "system", content: this.system }]
    return [...system, ...this.#turns, { role: "user", content: question }]
  }

  /** A question and its answer, both or none: the roles of a chat alternate. */
  add(question: string, answer: string): void {
    this.#turns.push({ role: "user", content: question }, { role: "assistant", content: answer })
  }

  clear(): void {
    this.#turns.length = 0
  }

  /** @param file its ending says the form: Markdown for `.md`, else JSON. */
  written(file: string, model: string): string {
    const system = this.system === "" ? {} : { system: this.system }
    if (!/\.(?:md|markdown)$/i.test(file))
      return `${JSON.stringify({ model, ...system, messages: this.#turns }, null, 2)}\n`
    const parts = this.#turns.map(({ content, role }) => `**${role === "user" ? "You" : model}**\n\n${content}`)
    const head = this.system === "" ? [] : [`*${this.system}*`]
    return `${[`# A conversation with ${model}`, ...head, ...parts].join("\n\n")}\n`
  }
}
