/** What is written in a file, whoever sends it and whatever it is called. */
import { assert, describe, it } from "vitest"
import { type FileToRead, wordsOfFile } from "../../../src/index.ts"

const text = "The fox ran home."
const bytes = new TextEncoder().encode(text)
const base64 = (data: string | Uint8Array, encoding: BufferEncoding = "utf8") =>
  (typeof data === "string" ? Buffer.from(data, encoding) : Buffer.from(data)).toString("base64")
const picture = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0xd, 0xff])

describe("the words of a file", () => {
  it.each<readonly [name: string, file: FileToRead]>([
    ["bytes", { data: bytes, mediaType: "text/plain" }],
    ["base64", { data: base64(text), mediaType: "text/plain" }],
    ["base64 in lines", { data: base64(text).replace(/.{8}/g, "$&\r\n"), mediaType: "text/plain" }],
    ["base64 for addresses", { data: base64(text).replaceAll("+", "-").replaceAll("/", "_"), mediaType: "text/csv" }],
    ["the text itself", { data: text, mediaType: "text/plain" }],
    ["a data address", { data: `data:text/plain;base64,${base64(text)}` }],
    ["by its name", { data: bytes, mediaType: "application/octet-stream", name: "notes.toml" }],
    ["by its bytes", { data: bytes, mediaType: "application/octet-stream" }],
    ["by its bytes, under a wrong type", { data: base64(text), mediaType: "image/png" }],
    ["by its bytes, without a type", { data: bytes }],
    ["in UTF-16", { data: Buffer.from(`\ufeff${text}`, "utf16le"), mediaType: "text/plain" }],
    ["in UTF-16 without a mark", { data: Buffer.from(text, "utf16le") }],
    ["with a mark of UTF-8", { data: Buffer.from(`\ufeff${text}`), mediaType: "text/plain" }],
    ["as JSON", { data: base64(JSON.stringify({ id: "a_1", text })), mediaType: "application/vnd.x+json" }],
  ])("are read: %s", (_, file) => {
    assert.strictEqual(wordsOfFile(file), text)
  })

  it("are read in the encoding that is told", () => {
    const data = new Uint8Array([0x63, 0x61, 0x66, 0xe9])
    assert.strictEqual(wordsOfFile({ data, mediaType: "text/plain; charset=iso-8859-1" }), "café")
    assert.strictEqual(wordsOfFile({ data, mediaType: "text/plain; charset=nobody-knows" }), "caf\ufffd")
    assert.strictEqual(wordsOfFile({ data }), "café")
  })

  it.each<readonly [name: string, file: FileToRead]>([
    ["a picture's bytes", { data: picture, mediaType: "image/png" }],
    ["a picture in base64", { data: base64(picture), mediaType: "image/png" }],
    ["a picture without a type", { data: picture }],
    ["nothing", { data: "" }],
  ])("are none: %s", (_, file) => {
    assert.strictEqual(wordsOfFile(file), "")
  })

  it("are its letters where they only happen to be base64", () => {
    assert.strictEqual(wordsOfFile({ data: "bomb", mediaType: "text/plain" }), "bomb")
    assert.strictEqual(wordsOfFile({ data: "killyourself", mediaType: "image/png" }), "killyourself")
  })

  it("have its name among them where it is more than a name", () => {
    assert.strictEqual(wordsOfFile({ data: picture, name: "how do I bake.png" }), "how do I bake.png")
    assert.strictEqual(wordsOfFile({ data: picture, name: "picture-1.png" }), "")
  })
})
