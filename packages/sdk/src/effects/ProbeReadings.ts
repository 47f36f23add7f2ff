/** What probes read while an answer is written, for whoever judges a piece of it. */
import * as Effect from "effect/Effect"
import type { Probed } from "../guard/judgeInCascade.ts"
import type { ProbeReading } from "../words/Generation.ts"
import type { CallingPart } from "./tools/ToolUse.ts"
import { sigmoid } from "../words/policyProbability.ts"

export class ProbeReadings {
  /** Each covers more of the answer than the one before. */
  readonly #readings: Array<ProbeReading> = []
  #prompt: ReadonlyArray<number> | undefined
  #isOver = false
  #waiting: Array<() => void> = []

  /** Takes a part of the generation, and wakes those who waited for what it brings. */
  add(part: CallingPart): void {
    const probed = "probed" in part ? part.probed : undefined
    if (probed === undefined) return
    this.#prompt ??= probed.prompt
    this.#readings.push(probed)
    this.#wake()
  }

  /** No part follows: whoever still waits hears that the probes cannot tell. */
  end(): void {
    this.#isOver = true
    this.#wake()
  }

  /** Of the prompt; known with the first reading. */
  readonly prompt: Probed = this.#when(
    () => this.#readings.length > 0,
    () => this.#prompt,
  )

  /**
   * Of the answer up to a place: by the first reading that covers it, so that a verdict does not hang on who was faster.
   *
   * @param end characters (UTF-16 units) from the answer's beginning.
   */
  readonly answer = (end: number): Probed => {
    const reading = () => this.#readings.find(({ characters }) => characters >= end)
    return this.#when(
      () => reading() !== undefined,
      () => reading()?.logits,
    )
  }

  #when(isKnown: () => boolean, logits: () => ReadonlyArray<number> | undefined): Probed {
    return Effect.callback((resume) => {
      const tell = (): void => {
        if (isKnown() || this.#isOver) resume(Effect.succeed(logits()?.map(sigmoid)))
        else this.#waiting.push(tell)
      }
      tell()
    })
  }

  #wake(): void {
    for (const tell of this.#waiting.splice(0)) tell()
  }
}
