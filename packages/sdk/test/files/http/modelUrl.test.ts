import { describe, expect, it } from "vitest"
import { modelUrl } from "../../../src/files/http/modelUrl.ts"

const base = "https://page.example/app/index.html"

describe("modelUrl", () => {
  it.each([
    ["https://a.example/models/gemma", "https://a.example/models/gemma/", "https://a.example/models/gemma"],
    ["/gemma/?sig=1", "https://page.example/gemma/?sig=1", "https://page.example/gemma"],
    ["a/b@v1", "https://huggingface.co/a/b/resolve/v1/", "https://huggingface.co/a/b/resolve/v1"],
    ["hf:a/b", "https://huggingface.co/a/b/resolve/main/", "https://huggingface.co/a/b/resolve/main"],
  ])("%s is a folder", (model, address, id) => {
    expect(modelUrl(model, base)).toMatchObject({ address, id, root: id })
    expect(modelUrl(model, base).file).toBeUndefined()
  })

  it.each([
    ["https://a.example/m/x-Q4_0.gguf", "https://a.example/m/x-Q4_0.gguf", "x-Q4_0.gguf"],
    ["./x.GGUF", "https://page.example/app/x.GGUF", "x.GGUF"],
    ["/m/a%20b.gguf?sig=a%2Fb", "https://page.example/m/a%20b.gguf?sig=a%2Fb", "a b.gguf"],
    ["hf:a/b/q4/x.gguf@v1", "https://huggingface.co/a/b/resolve/v1/q4/x.gguf", "x.gguf"],
    ["./m/2b-it-sfp.sbs", "https://page.example/app/m/2b-it-sfp.sbs", "2b-it-sfp.sbs"],
  ])("%s is a file, fetched and stored by its own address", (model, address, file) => {
    const url = modelUrl(model, base)
    expect(url).toMatchObject({ address, href: address, file })
    expect(url.fileUrl(file)).toBe(address)
    // What is shown of it holds no query, which may be a secret.
    expect(url.id).toBe(`${url.root}/${file}`)
    expect(url.id).not.toContain("sig")
    expect(modelUrl(address, base)).toMatchObject({ address, href: address, file })
  })

  it.each(["hf:a", "hf:a/b/config.json", "hf:a/b/../x.gguf"])("refuses %s", (model) => {
    expect(() => modelUrl(model, base)).toThrow(expect.objectContaining({ _tag: "ModelNotFoundError" }))
  })
})
