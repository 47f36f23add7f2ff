/** Several answers to a request, prompts as token ids, and prompts that are told back. */
import type OpenAI from "openai"
import { describe, expect, test } from "vitest"
import { client, facet, guarded, model, reports, serveModel, server } from "../fixtures/ServedModel.ts"
import { all, postJson } from "../openaiServer.ts"
import { harmful } from "../fixtures/sentences.ts"

const prompt = "Tell me a story about a fox."
const messages = [{ role: "user" as const, content: prompt }]

serveModel()

describe("n answers", () => {
  const sampled = { model, messages, temperature: 1, seed: 7, max_tokens: 10 }
  const texts = async () =>
    Promise.all(
      [7, 8, 9].map(async (seed) => (await facet.generate(prompt, { temperature: 1, seed, maxTokens: 10 })).text),
    )

  test("are those of seeds in a row, the first as if it were asked for alone", async () => {
    const { choices, usage } = await client.chat.completions.create({ ...sampled, n: 3 })
    expect(choices.map(({ index }) => index)).toStrictEqual([0, 1, 2])
    expect(choices.map(({ message }) => message.content)).toStrictEqual(await texts())
    expect(new Set(choices.map(({ message }) => message.content)).size).toBeGreaterThan(1)
    const { usage: one } = await client.chat.completions.create(sampled)
    // The prompt counts once, as it is read once.
    expect(usage).toMatchObject({ prompt_tokens: one?.prompt_tokens, completion_tokens: 30 })
    expect(reports.at(-2)).toMatchObject({ outcome: "done", usage: { completionTokens: 30 } })
  })

  test("are streamed by their index, each with its role and its end, and one usage", async () => {
    const stream = await client.chat.completions.create({
      ...sampled,
      n: 3,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await all(stream)
    const said = ["", "", ""]
    const ends = ["", "", ""]
    for (const { choices } of chunks) {
      const [choice] = choices
      if (choice === undefined) continue
      said[choice.index] += choice.delta.content ?? ""
      if (choice.finish_reason !== null) ends[choice.index] += choice.finish_reason
    }
    expect(said).toStrictEqual(await texts())
    expect(ends).toStrictEqual(["length", "length", "length"])
    expect(chunks.filter(({ choices }) => choices[0]?.delta.role === "assistant")).toHaveLength(3)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 30 } })
  })
})

describe("prompts of /v1/completions", () => {
  const greedy = { model, temperature: 0, max_tokens: 8 }
  const continued = async (text: string) => (await facet.generate(text, { template: "none", maxTokens: 8 })).text

  test("may be several, each answered n times, in order", async () => {
    const { choices, usage } = await client.completions.create({ ...greedy, prompt: ["The dog", "A ship"], n: 2 })
    const [dog, ship] = [await continued("The dog"), await continued("A ship")]
    expect(choices.map(({ text }) => text)).toStrictEqual([dog, dog, ship, ship])
    expect(choices.map(({ index }) => index)).toStrictEqual([0, 1, 2, 3])
    const tokens = (await facet.tokens.encode("The dog")).length + (await facet.tokens.encode("A ship")).length
    expect(usage?.prompt_tokens).toBe(tokens)
  })

  test("may be token ids, which are run as they are", async () => {
    const ids = [...(await facet.tokens.encode("The dog"))]
    const one = await client.completions.create({ ...greedy, prompt: ids })
    const list = await client.completions.create({ ...greedy, prompt: [ids, ids] })
    expect(one.choices[0]?.text).toBe(await continued("The dog"))
    expect(list.choices.map(({ text }) => text)).toStrictEqual([one.choices[0]?.text, one.choices[0]?.text])
    expect(one.usage?.prompt_tokens).toBe(ids.length)
  })

  test("may be told back before what follows, whole and streamed", async () => {
    const asked = { ...greedy, prompt: "The dog", echo: true, logprobs: 1 }
    const { choices } = await client.completions.create(asked)
    const [choice] = choices
    const { logprobs } = choice!
    expect(choice?.text).toBe(`The dog${await continued("The dog")}`)
    expect(logprobs?.tokens?.join("")).toBe(choice?.text)
    expect(logprobs?.text_offset?.slice(0, 2)).toStrictEqual([0, 3])
    const scored = await facet.score("The dog")
    expect(logprobs?.token_logprobs?.slice(0, 2)).toStrictEqual(scored.tokens.slice(1).map(({ logprob }) => logprob))
    const chunks = await all(await client.completions.create({ ...asked, stream: true }))
    expect(chunks.map((chunk) => chunk.choices[0]?.text).join("")).toBe(choice?.text)
    const offsets = chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.text_offset ?? [])
    expect(offsets).toStrictEqual(logprobs?.text_offset)
  })

  test("are scored alone with max_tokens: 0: nothing is generated", async () => {
    const ids = [...(await facet.tokens.encode("The dog sleeps."))]
    const asked = { model, echo: true, max_tokens: 0, logprobs: 2 }
    const { choices, usage } = await client.completions.create({ ...asked, prompt: [ids, ids.slice(0, 3)] })
    const scored = await facet.score("The dog sleeps.", { alternatives: 2 })
    const [whole, part] = choices
    expect(whole?.text).toBe("<bos>The dog sleeps.")
    expect(whole?.finish_reason).toBe("length")
    // A place for each id that was sent: the first follows nothing.
    expect(whole?.logprobs?.token_logprobs).toStrictEqual(scored.tokens.map(({ logprob }) => logprob))
    expect(part?.logprobs?.token_logprobs).toHaveLength(3)
    const top = scored.tokens[2]?.top?.map(({ logprob, token }) => [token, logprob]) ?? []
    expect(whole?.logprobs?.top_logprobs?.[2]).toStrictEqual(Object.fromEntries(top))
    expect(usage).toMatchObject({ prompt_tokens: ids.length + 3, completion_tokens: 0 })
    const plain = await client.completions.create({ model, echo: true, max_tokens: 0, prompt: "The dog" })
    expect(plain.choices[0]).toMatchObject({ text: "The dog", logprobs: null })
  })

  test("are held back by a guard in every form, and not told back", async () => {
    const ids = [...(await facet.tokens.encode(harmful.question))]
    for (const prompt of [harmful.question, ids]) {
      for (const fields of [{ max_tokens: 2 }, { echo: true, max_tokens: 2 }, { echo: true, max_tokens: 0 }]) {
        for (const stream of [false, true]) {
          const response = await postJson(`${guarded.url}/v1/completions`, { model, prompt, stream, ...fields })
          const text = await response.text()
          expect(response.status).toBe(200)
          expect(text).toContain("content_filter")
          expect(text).not.toMatch(/bomb/)
        }
      }
    }
    const calm = { model, prompt: "The dog", echo: true, max_tokens: 0, logprobs: 1 }
    const response = await postJson(`${guarded.url}/v1/completions`, calm)
    expect(await response.json()).toMatchObject({ choices: [{ text: "The dog", finish_reason: "length" }] })
  })
})

describe("an answer that the assistant has begun", () => {
  const begun = [...messages, { role: "assistant" as const, content: "Once upon a time" }]
  const ask = async (fields: object) => {
    const response = await postJson(`${server.url}/v1/chat/completions`, {
      model,
      temperature: 0,
      max_tokens: 8,
      messages: begun,
      ...fields,
    })
    return (await response.json()) as OpenAI.ChatCompletion
  }

  test("is gone on with where that is asked for, in either of vLLM's words", async () => {
    const { text } = await facet.generate(begun, { continueFinalMessage: true, maxTokens: 8 })
    for (const fields of [
      { continue_final_message: true, add_generation_prompt: false },
      { continue_final_message: true },
      { add_generation_prompt: false },
    ]) {
      expect((await ask(fields)).choices[0]?.message.content).toBe(text)
    }
    expect(await ask({})).toMatchObject({ error: { param: "messages[1].role" } })
  })
})

test("min_tokens and stop_token_ids, as vLLM has them, and more stop strings than OpenAI takes", async () => {
  const greedy = { model, messages, temperature: 0, max_tokens: 12 }
  const { tokens } = await facet.generate(prompt, { maxTokens: 12 })
  const [first = 0, second = 0] = tokens?.completion ?? []
  const ask = async (fields: object) => {
    const response = await postJson(`${server.url}/v1/chat/completions`, { ...greedy, ...fields })
    return (await response.json()) as OpenAI.ChatCompletion
  }
  expect(first).not.toBe(second)
  const stopped = await ask({ stop_token_ids: [second] })
  expect(stopped).toMatchObject({ choices: [{ finish_reason: "stop" }], usage: { completion_tokens: 2 } })
  expect((await ask({ stop_token_ids: [second], min_tokens: 6 })).usage?.completion_tokens).toBeGreaterThanOrEqual(6)
  const stops = ["zebra", "xylophone", "quartz", "fjord", "vex", "the"]
  expect((await ask({ stop: stops, max_tokens: 60 })).choices[0]?.finish_reason).toBe("stop")
})

test("what changes nothing is accepted, and told in a header", async () => {
  const ask = (fields: object) =>
    postJson(`${server.url}/v1/chat/completions`, { model, messages, temperature: 0, max_tokens: 3, ...fields })
  const plain = await ask({})
  expect(plain.headers.has("x-facet-warning")).toBe(false)
  const told = await ask({
    messages: [
      ...messages,
      { role: "assistant", content: "A fox.", reasoning_content: "Foxes are small.", name: "bot" },
      ...messages,
    ],
    reasoning_effort: "high",
    verbosity: "low",
    chat_template_kwargs: { enable_thinking: false },
  })
  expect(told.status).toBe(200)
  const warning = told.headers.get("x-facet-warning")
  for (const field of ["messages[1].reasoning_content", "reasoning_effort", "verbosity", "chat_template_kwargs"]) {
    expect(warning).toContain(`${field}: `)
  }
  // What a client wrote is not among it.
  expect(warning).not.toMatch(/Foxes|high|enable/)
  expect((await ask({ reasoning_effort: "none", verbosity: null })).headers.has("x-facet-warning")).toBe(false)
  const many = await ask({
    messages: Array.from({ length: 80 }, (_, i) => ({
      role: i % 2 === 0 ? "user" : "assistant",
      content: "Hi.",
      ...(i % 2 === 1 && { reasoning: "x" }),
    })).slice(0, 79),
  })
  expect(many.headers.get("x-facet-warning")?.length).toBeLessThanOrEqual(2000)
})
