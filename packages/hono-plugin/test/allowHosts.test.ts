import { Hono } from "hono"
import { expect, test } from "vitest"
import { allowHosts } from "../src/index.ts"

const app = new Hono()
app.use(allowHosts({ hosts: ["Facet.Example.com", "fd00::1", "[fd00::2]"] }))
app.get("/", (c) => c.text("answered"))

const statusFor = async (host: string): Promise<number> => (await app.request("/", { headers: { host } })).status

test.each([
  ["localhost"],
  ["LOCALHOST:8080"],
  ["127.0.0.1"],
  ["127.0.0.1:1"],
  ["[::1]"],
  ["[::1]:8080"],
  ["[0:0:0:0:0:0:0:1]:8080"],
  ["facet.example.com"],
  ["facet.example.com:443"],
  ["[fd00::1]:80"],
  ["[fd00::2]"],
])("%s is answered", async (host) => {
  expect(await statusFor(host)).toBe(200)
})

test.each([
  ["evil.example"],
  ["evil.example:8080"],
  ["localhost.evil.example"],
  ["evil.example#localhost"],
  ["evil.example@localhost"],
  ["localhost:80@evil.example"],
  ["localhost/evil.example"],
  ["127.0.0.1.evil.example"],
  ["127.0.0.2"],
  ["[::2]"],
  ["www.facet.example.com"],
  ["localhost:port"],
])("%s is refused", async (host) => {
  expect(await statusFor(host)).toBe(403)
})

test("the refusal says what to do, and nothing that the client wrote", async () => {
  const answer = await app.request("/", { headers: { host: "evil.example" } })
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
  const text = await answer.text()
  expect(JSON.parse(text)).toMatchObject({
    type: "urn:facet:problem:host-not-allowed",
    status: 403,
    detail: expect.stringMatching(/localhost.*API key.*--allow-host/),
    error: { code: "host_not_allowed", message: expect.stringContaining("--allow-host") },
  })
  expect(text).not.toContain("evil")
})

test("without a header the address counts", async () => {
  expect((await app.request("http://evil.example/")).status).toBe(403)
  expect((await app.request("http://localhost:1/")).status).toBe(200)
})

test.each([[["http://a"]], [["a:80"]], [["[::1]:80"]], [[""]], [["a b"]], [["a/b"]]])("%j are no hosts", (hosts) => {
  expect(() => allowHosts({ hosts })).toThrow(/^hosts: .*no name or address/)
})
