/** `facet chat`: a conversation in the terminal. */
import { Chat } from "../chat/Chat.ts"
import { Conversation } from "../chat/Conversation.ts"
import { defineCommand } from "../Command.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { openFacet } from "../Opening.ts"
import { modelOption } from "../Options.ts"
import { idleFlags, readSampling, samplingOptions } from "../SamplingFlags.ts"
import { warnOfIdle } from "../warnOfIdle.ts"

const options = {
  system: { kind: "text", value: "TEXT", about: "what the model is told before everything" },
  guard: { kind: "switch", about: "judge what goes in and what comes out" },
  shield: { kind: "text", value: "M", about: "the model that judges (default: the one that belongs to --model)" },
  scope: { kind: "text", value: "DIR", about: "a Gemma Scope folder, for /trace" },
  maxTokens: { kind: "number", value: "N", about: "at most so many tokens an answer" },
  ...samplingOptions,
  ...modelOption,
  ...deviceOptions,
} as const

export const chat = defineCommand(
  {
    name: "chat",
    summary: "talk with the model, which remembers the conversation",
    options,
    examples: [
      [`chat --model google/gemma-2-2b-it`, "Ctrl-C stops an answer; /help tells the rest"],
      [`chat --guard --temperature 0.7`, "guarded, and less predictable"],
      [`chat < questions.txt`, "one answer to each line"],
    ],
  },
  async (console, _, { device, guard, maxTokens, model, scope, shield, system, prefill, threads, ...sampling }) => {
    const given = { guard, maxTokens, ...readSampling(sampling) }
    await warnOfIdle(console, idleFlags(given), "--temperature above 0")
    await using facet = await openFacet(console, {
      ...(model && { model }),
      ...(shield && { shield }),
      ...(scope && { scope }),
      ...readDevice({ device, prefill, threads }),
    })
    await new Chat(console, facet, new Conversation(system), given).run()
    return 0
  },
)
