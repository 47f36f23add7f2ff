/** Models behind servers, named on the command line. */
import { afterAll, afterEach, assert, beforeAll, describe, it, vi } from "vitest"
import { ModelServer } from "../../../test/modelServer/ModelServer.ts"
import { readJudge, readServer, readShieldServer } from "../src/ServerFlags.ts"
import { UsageError } from "../src/UsageError.ts"
import { facet } from "./facet.ts"

const url = "http://127.0.0.1:8000"
const none = { kind: undefined, remoteModel: undefined, url: undefined }
const noJudge = { shieldKind: undefined, shieldRemoteModel: undefined, shieldUrl: undefined }

afterEach(() => void vi.unstubAllEnvs())

describe("the flags of a server", () => {
  it("name it, what it speaks and its model; the key comes from the environment", () => {
    vi.stubEnv("FACET_API_KEY", "sk-1")
    assert.deepStrictEqual(readServer({ kind: "vllm", remoteModel: "gemma", url }, undefined), {
      url,
      auth: "sk-1",
      kind: "vllm",
      model: "gemma",
    })
    vi.stubEnv("FACET_API_KEY", "")
    const judge = { shieldKind: "openai", shieldRemoteModel: "guard", shieldUrl: url }
    const read = { url, kind: "openai", model: "guard" } as const
    assert.deepStrictEqual(readShieldServer(judge), read)
    assert.deepStrictEqual(readShieldServer({ ...noJudge, shieldUrl: url }), { url })
    assert.isUndefined(readServer(none, "tiny"))
    // Where nothing but judging is asked for, either name will do.
    for (const flags of [
      { ...none, ...judge },
      { ...noJudge, kind: "openai", remoteModel: "guard", url },
      { ...none, ...noJudge, kind: "openai", shieldRemoteModel: "guard", shieldUrl: url },
    ]) {
      assert.deepStrictEqual(readJudge(flags, undefined), read)
    }
  })

  it("are refused where they say nothing, name two models, or a kind that nobody knows", () => {
    for (const [flags, model, problem] of [
      [{ ...none, kind: "vllm" }, undefined, /--kind/],
      [{ ...none, remoteModel: "gemma" }, undefined, /--remote-model/],
      [{ ...none, url }, "tiny", /--model/],
      [{ ...none, url, kind: "openia" }, undefined, /sglang/],
      [{ ...none, url: "localhost:8000" }, undefined, /--url takes an address/],
      [{ ...none, url: "here" }, undefined, /--url takes an address/],
    ] as const) {
      assert.throws(() => readServer(flags, model), UsageError, problem)
    }
    for (const [flags, problem] of [
      [{ ...noJudge, shieldUrl: "ftp://a" }, /--shield-url takes an address/],
      [{ ...noJudge, shieldKind: "vllm" }, /--shield-kind .* add --shield-url/],
      [{ ...noJudge, shieldRemoteModel: "guard" }, /--shield-remote-model .* add --shield-url/],
      [{ ...noJudge, shieldUrl: url, shieldKind: "openia" }, /--shield-kind takes .*sglang/],
    ] as const) {
      assert.throws(() => readShieldServer(flags), UsageError, problem)
    }
    const twice = { ...none, ...noJudge, url, kind: "vllm", shieldKind: "vllm" }
    assert.throws(() => readJudge(twice, undefined), UsageError, /--kind and --shield-kind/)
  })
})

describe("a command", () => {
  let server: ModelServer

  beforeAll(async () => {
    server = await ModelServer.start()
    server.kind = "vllm"
    server.told = { Yes: Math.log(0.1), No: Math.log(0.9) }
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it("writes and judges on servers", async () => {
    const words = ["generate", "A story.", "--url", server.url, "--shield-url", server.url, "--guard", "--json"]
    const { code, stderr, stdout } = await facet(words, { env: { FACET_API_KEY: "sk-1" } })
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.strictEqual(JSON.parse(stdout).text, "A fox sleeps.")
    assert.isTrue(server.asked.every(({ key }) => key === "Bearer sk-1"))
    assert.include(server.asked.map(({ path }) => path).join(), "/generative_scoring")
  })

  it("names the flag of what is wrong with a server", async () => {
    const judge = ["--guard", "--shield-url", server.url]
    for (const [words, key, exit, problem] of [
      [["--url", "ftp://me:sk-1@x"], "", 2, /UsageError: --url takes an address/],
      [["--url", "http://me:sk-1@x"], "", 1, /InvalidRequestError: --url: it has a name/],
      [["--url", server.url, "--remote-model", "other"], "", 1, /InvalidRequestError: --remote-model: .* gemma/],
      [[...judge, "--shield-remote-model", "other"], "", 1, /InvalidRequestError: --shield-remote-model: .* gemma/],
      [["--url", server.url], "sk 1", 1, /InvalidRequestError: FACET_API_KEY: it is no key/],
    ] as const) {
      const { code, stderr } = await facet(["generate", "A story.", "--verbose", ...words], {
        env: { FACET_API_KEY: key },
      })
      assert.strictEqual(code, exit, stderr)
      assert.match(stderr, problem)
      assert.notMatch(stderr, /sk.1/)
    }
  })
})
