/** Servers behind TLS. The certificates are of an authority of the tests' own, and last until 2120. */
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { afterAll, assert, describe, it } from "vitest"
import { Facet } from "../../../src/index.ts"
import { RemoteFacet } from "../../../src/remote/index.ts"
import certificates from "./certificates.json" with { type: "json" }
import { failure } from "./failure.ts"

const { authority, key, ...all } = certificates
const usual = getCACertificates("default")

afterAll(() => setDefaultCACertificates(usual))

/** A server that answers as OpenAI's API does, and counts who came through. */
async function listening(cert: string) {
  const keys: Array<string | undefined> = []
  const server = createServer({ key, cert }, (request, response) => {
    keys.push(request.headers.authorization)
    response.setHeader("Content-Type", "application/json").end(`{"data":[{"id":"gemma","owned_by":"somebody"}]}`)
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  // What listens on a port has an address of that form.
  const { port } = server.address() as AddressInfo
  const close = async () => void server.close()
  return { host: `127.0.0.1:${port}`, keys, [Symbol.asyncDispose]: close }
}

const open = (url: string) => Facet.open({ model: { url, model: "gemma", auth: "sk-secret", check: false } })

describe("a server's certificate", () => {
  it.each([
    ["selfSigned", [], /DEPTH_ZERO_SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS=FILE/],
    ["trusted", [], /UNABLE_TO_VERIFY_LEAF_SIGNATURE.*NODE_EXTRA_CA_CERTS=FILE/],
    ["ended", [authority], /CERT_HAS_EXPIRED.*whether the clock here is right/],
    ["early", [authority], /CERT_NOT_YET_VALID.*whether the clock here is right/],
    ["elsewhere", [authority], /ERR_TLS_CERT_ALTNAME_INVALID.*another name/],
  ] as const)("that is %s is refused, with what to do, and no key is sent", async (name, trusted, says) => {
    setDefaultCACertificates([...trusted])
    await using server = await listening(all[name])
    const error = await failure(open(`https://${server.host}`))
    assert.strictEqual(error._tag, "ServerError")
    assert.match(error.message, says)
    assert.deepStrictEqual(server.keys, [])
    assert.notInclude(JSON.stringify(error) + String(error.stack), "sk-secret")
    const { message } = await failure(new RemoteFacet({ url: `https://${server.host}` }).describe())
    assert.match(message, /cannot be reached \([A-Z_]+\)/)
  })

  it("of an authority that is trusted is taken", async () => {
    setDefaultCACertificates([authority])
    await using server = await listening(all.trusted)
    await using facet = await open(`https://${server.host}`)
    assert.strictEqual(facet.model, "gemma")
    assert.include(server.keys, "Bearer sk-secret")
  })

  it("is missed where the address says http, and the other way round", async () => {
    await using server = await listening(all.trusted)
    assert.include((await failure(open(`http://${server.host}`))).message, "`https://`")
  })
})
