/** `/v1/decisions` as OpenAI's own client asks it, and `/v1/systemone` as its clients do. */
import { describe, expect, test } from "vitest"
import { client, facet, model, reports, serveModel, server } from "../fixtures/ServedModel.ts"
import { openai } from "../../src/index.ts"
import { listen, postJson } from "../openaiServer.ts"

const input = "The little fox ran into the forest. She was happy, and she sang a song to the moon."

serveModel()

const sum = (probabilities: ReadonlyArray<number>): number => probabilities.reduce((total, one) => total + one, 0)

describe("/v1/decisions", () => {
  test("OpenAI's client asks all three kinds, and reads answers in their order", async () => {
    const {
      answers,
      model: told,
      usage,
    } = await client.decisions.create({
      model,
      input,
      questions: [
        { type: "predicate", name: "forest", instructions: "Is there a forest?" },
        {
          type: "choice",
          instructions: "Which animal is it about?",
          choices: [
            { value: "fox", description: "A wild animal." },
            { value: "dog" },
            { value: true },
            { value: "true" },
          ],
        },
        {
          type: "score",
          name: "forest",
          instructions: [{ type: "input_text", text: "How joyful is it?" }],
          levels: [{ label: "sad" }, { label: "calm", description: "Neither." }, { label: "glad" }],
        },
      ],
      safety_identifier: "ann",
    })
    expect(told).toBe(model)
    const [predicate, choice, score] = answers
    const probability = expect.any(Number)
    expect(predicate).toStrictEqual({ type: "predicate", name: "forest", probability })
    expect(choice).toStrictEqual({
      type: "choice",
      name: null,
      choice: expect.anything(),
      confidence: expect.any(Number),
      probabilities: ["fox", "dog", true, "true"].map((value) => ({ value, probability })),
    })
    expect(score).toStrictEqual({
      type: "score",
      name: "forest",
      score: expect.any(Number),
      confidence: expect.any(Number),
      probabilities: ["sad", "calm", "glad"].map((label, value) => ({ label, value, probability })),
    })
    for (const answer of [choice, score]) {
      if (answer?.type !== "choice" && answer?.type !== "score") throw new Error("no distribution")
      expect(sum(answer.probabilities.map((one) => one.probability))).toBeCloseTo(1, 6)
      expect(answer.confidence).toBeGreaterThanOrEqual(0)
      expect(answer.confidence).toBeLessThanOrEqual(1)
    }
    expect(usage.input_tokens).toBeGreaterThan(usage.input_tokens_details.cached_tokens)
    expect(usage).toMatchObject({ output_tokens: 0, total_tokens: usage.input_tokens })
  })

  test("answers are those of decide, and the request is counted", async () => {
    const { answers } = await client.decisions.create({
      model,
      input: [{ role: "user", content: [{ type: "input_text", text: input }] }],
      questions: [{ type: "predicate", instructions: "Is there a forest?" }],
    })
    const own = await facet.decide(input, { q: { type: "boolean", instructions: "Is there a forest?" } })
    const [answer] = answers
    expect(answer?.type === "predicate" ? answer.probability : NaN).toBeCloseTo(own.answers.q.probability, 5)
    expect(reports.at(-1)).toMatchObject({ route: "decisions", status: 200, usage: { completionTokens: 0 } })
  })

  test("a question has what it was calibrated with, and a threshold that its answer reaches or not", async () => {
    const kept = { calibration: { slope: 0, offset: 2 }, threshold: 0.9 }
    const asked = { type: "predicate", instructions: "Is there a forest?" }
    const ask = async (path: string, body: object) =>
      (await postJson(`${server.url}/v1/${path}`, { model, ...body })).json() as Promise<{ readonly answers: unknown }>
    const { answers } = await ask("decisions", { input, questions: [{ ...asked, ...kept }] })
    // Whatever the model says, this calibration makes it the logistic function of 2.
    const told = { threshold: 0.9, reached: false }
    expect(answers).toStrictEqual([{ type: "predicate", name: null, probability: expect.closeTo(0.8808, 4), ...told }])
    const questions = { forest: { ...asked, type: "noul", ...kept } }
    const one = await ask("systemone", { state: input, questions })
    expect(one.answers).toStrictEqual({ forest: { type: "noul", noul: expect.closeTo(0.8808, 4), ...told } })
    const wrong = { ...asked, calibration: { temperature: 0 } }
    expect(await ask("decisions", { input, questions: [wrong] })).toMatchObject({
      error: { param: "questions[0].calibration.temperature" },
    })
  })

  test("a question that the server has a calibration of is answered with it, under whatever name", async () => {
    const forest = { type: "boolean", instructions: "Is there a forest?" } as const
    const questions = { forest: { ...forest, calibration: { slope: 0, offset: 2 }, threshold: 0.9 } }
    await using calibrated = await listen(openai({ facet, models: [model], calibration: { questions } }))
    const ask = async (path: string, body: object) =>
      (await postJson(`${calibrated.url}/v1/${path}`, { model, ...body })).json() as Promise<{
        readonly answers: unknown
      }>
    const asked = { type: "predicate", name: "trees", instructions: "Is there a forest?" }
    const own = { ...asked, calibration: { slope: 0, offset: 0 } }
    const other = { type: "predicate", instructions: "Is there a moon?" }
    const { answers } = await ask("decisions", { input, questions: [asked, own, other] })
    const told = { threshold: 0.9, reached: false }
    expect(answers).toStrictEqual([
      { type: "predicate", name: "trees", probability: expect.closeTo(0.8808, 4), ...told },
      { type: "predicate", name: "trees", probability: expect.closeTo(0.5, 4), ...told },
      { type: "predicate", name: null, probability: expect.any(Number) },
    ])
    const one = await ask("systemone", { state: input, questions: { a: { ...forest, type: "noul" } } })
    expect(one.answers).toStrictEqual({ a: { type: "noul", noul: expect.closeTo(0.8808, 4), ...told } })
    const wrong = { questions: { forest: { ...forest, calibration: { slope: NaN, offset: 2 } } } }
    expect(() => openai({ facet, calibration: wrong })).toThrow(/calibration\.questions\.forest\.calibration/)
  })

  test("a conversation is read with who said what, calls of tools among it", async () => {
    const { answers } = await client.decisions.create({
      model,
      input: [
        { role: "developer", content: "You are a ranger." },
        { role: "user", content: [{ type: "input_json", data: { animal: "fox" } }] },
        { type: "function_call", call_id: "1", name: "find", arguments: "{}" },
        { type: "function_call_output", call_id: "1", output: "In the forest." },
        { role: "assistant", content: [{ type: "output_text", text: "It is there." }] },
      ],
      questions: [{ type: "predicate", instructions: "Is there a forest?" }],
    })
    const said = [
      "developer: You are a ranger.",
      'user: {"animal":"fox"}',
      "assistant: calls find with {}",
      "tool: In the forest.",
      "assistant: It is there.",
    ]
    const own = await facet.decide(said.join("\n\n"), { q: { type: "boolean", instructions: "Is there a forest?" } })
    const [answer] = answers
    expect(answer?.type === "predicate" ? answer.probability : NaN).toBeCloseTo(own.answers.q.probability, 5)
  })

  const good = { type: "predicate", instructions: "Is it?" }
  const choice = (choices: unknown) => ({ type: "choice", instructions: "Which?", choices })
  const levels = (of: unknown) => ({ type: "score", instructions: "How much?", levels: of })
  const named = (...labels: ReadonlyArray<string>) => labels.map((label) => ({ label }))
  test.each<readonly [param: string, fields: object]>([
    ["input", { input: undefined }],
    ["input", { input: 5 }],
    ["input[0].role", { input: [{ role: "tool", content: "x" }] }],
    ["input[0].content[0].type", { input: [{ role: "user", content: [{ type: "input_image", image_url: "x" }] }] }],
    ["input[0].call_id", { input: [{ type: "function_call_output", call_id: "7", output: "x" }] }],
    ["input[0].type", { input: [{ type: "reasoning" }] }],
    ["questions", { questions: undefined }],
    ["questions", { questions: [] }],
    ["questions", { questions: {} }],
    ["questions[0].type", { questions: [{ instructions: "x" }] }],
    ["questions[0].type", { questions: [{ ...good, type: "box" }] }],
    ["questions[1].instructions", { questions: [good, { type: "predicate" }] }],
    ["questions[0].instructions", { questions: [{ type: "predicate", instructions: " " }] }],
    ["questions[0].threshold", { questions: [{ ...good, threshold: 2 }] }],
    ["questions[0].choices", { questions: [choice(undefined)] }],
    ["questions[0].choices", { questions: [choice([{ value: "a" }])] }],
    ["questions[0].choices", { questions: [choice(Array.from({ length: 27 }, (_, i) => ({ value: `${i}` })))] }],
    ["questions[0].choices[1].value", { questions: [choice([{ value: "a" }, { value: "a" }])] }],
    ["questions[0].choices[0].value", { questions: [choice([{ value: 5 }, { value: "a" }])] }],
    ["questions[0].levels", { questions: [levels(named("a"))] }],
    ["questions[0].levels[1]", { questions: [levels(named("a", "a"))] }],
    ["questions[0].levels[0].label", { questions: [levels([{}, { label: "a" }])] }],
    ["temperature", { temperature: 1 }],
    ["model", { model: "gpt-6-luna" }],
  ])("names %s when it is wrong", async (param, fields) => {
    const response = await postJson(`${server.url}/v1/decisions`, { model, input, questions: [good], ...fields })
    expect(response.status).toBe(param === "model" ? 404 : 400)
    expect(await response.json()).toMatchObject({ error: { param, message: expect.stringMatching(/^\S.*\.$/s) } })
  })

  test("tells of a text that is too long", async () => {
    const response = await postJson(`${server.url}/v1/decisions`, { input: "word ".repeat(2000), questions: [good] })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param: "input", code: "context_length_exceeded" } })
  })
})

describe("/v1/systemone", () => {
  const post = (body: object) => postJson(`${server.url}/v1/systemone`, body)

  test("answers noul, choice and score under their names", async () => {
    const questions = {
      forest: { type: "noul", instructions: "Is there a forest?", criteria: { true: "Trees are named.", false: null } },
      animal: { type: "choice", instructions: "Which animal?", criteria: { fox: { colour: "red" }, dog: null } },
      joy: { type: "score", instructions: "How joyful is it?", criteria: ["sad", null, "glad"] },
    }
    const response = await post({ model, state: { story: input }, questions })
    const body = (await response.json()) as Record<string, Record<string, object>>
    const probability = expect.any(Number)
    expect(body).toStrictEqual({
      model,
      answers: {
        forest: { type: "noul", noul: probability },
        animal: {
          type: "choice",
          choice: expect.stringMatching(/^(fox|dog)$/),
          probabilities: { fox: probability, dog: probability },
          confidence: expect.any(Number),
        },
        joy: {
          type: "score",
          score: expect.any(Number),
          legend: { 0: "sad", 1: null, 2: "glad" },
          probabilities: { 0: probability, 1: probability, 2: probability },
          confidence: expect.any(Number),
        },
      },
      usage: {
        input_tokens: expect.any(Number),
        input_tokens_details: { cached_tokens: expect.any(Number) },
        output_tokens: 0,
      },
    })
    const own = await facet.decide(JSON.stringify({ story: input }), {
      animal: { type: "choice", instructions: "Which animal?", criteria: { fox: '{"colour":"red"}', dog: null } },
    })
    expect(body["answers"]?.["animal"]).toMatchObject({ choice: own.answers.animal.choice })
  })

  const good = { type: "noul", instructions: "Is it?" }
  test.each<readonly [param: string, fields: object]>([
    ["state", { state: undefined }],
    ["questions", { questions: undefined }],
    ["questions", { questions: [] }],
    ["questions", { questions: {} }],
    ["questions.q.type", { questions: { q: { type: "boolean", instructions: "x" } } }],
    ["questions.q.type", { questions: { q: { instructions: "x" } } }],
    ["questions.q.criteria", { questions: { q: { type: "choice", criteria: { a: null } } } }],
    ["questions.MyQuestion.criteria", { questions: { MyQuestion: { type: "score", criteria: ["a"] } } }],
    ["questions.q.criteria", { questions: { q: { type: "score" } } }],
    ["questions.q.instruction", { questions: { q: { ...good, instruction: "x" } } }],
    ["chat_template_kwargs", { chat_template_kwargs: {} }],
  ])("names %s when it is wrong", async (param, fields) => {
    const response = await post({ model, state: input, questions: { q: good }, ...fields })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param, message: expect.stringMatching(/^\S.*\.$/s) } })
  })

  test("refuses a state that is nested without end", async () => {
    const depth = 200_000
    const state = `${"[".repeat(depth)}${"]".repeat(depth)}`
    const body = `{"state":${state},"questions":{"q":{"type":"noul","instructions":"Is it?"}}}`
    const response = await postJson(`${server.url}/v1/systemone`, {}, { body })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param: "state" } })
  })
})
