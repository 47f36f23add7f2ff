import { expect, test } from "vitest"
import { folderUrl } from "../../../src/files/http/folderUrl.ts"

const base = "https://page.example/app/index.html"

test.each([
  ["https://a.example/models/gemma", "https://a.example/models/gemma/config.json"],
  ["https://a.example/models/gemma/", "https://a.example/models/gemma/config.json"],
  ["https://a.example/gemma/?sig=a%2Fb#x", "https://a.example/gemma/config.json?sig=a%2Fb"],
  ["/models/gemma/", "https://page.example/models/gemma/config.json"],
  ["./gemma", "https://page.example/app/gemma/config.json"],
  ["../gemma", "https://page.example/gemma/config.json"],
  ["google/gemma-2-2b-it", "https://huggingface.co/google/gemma-2-2b-it/resolve/main/config.json"],
  ["google/gemma-2-2b-it@299a8", "https://huggingface.co/google/gemma-2-2b-it/resolve/299a8/config.json"],
  ["google/gemma-2-2b-it@refs/pr/3", "https://huggingface.co/google/gemma-2-2b-it/resolve/refs%2Fpr%2F3/config.json"],
])("%s has its config.json at %s", (model, config) => {
  expect(folderUrl(model, base).fileUrl("config.json")).toBe(config)
})

test("keeps a query, which may be a secret, out of what is shown", () => {
  const folder = folderUrl("https://a.example/gemma?token=secret", base)
  expect(folder.root).toBe("https://a.example/gemma")
  expect(folder.href).toBe("https://a.example/gemma/?token=secret")
})

test("encodes names", () => {
  expect(folderUrl("https://a.example/m", base).fileUrl("a b/c#d?.json")).toBe(
    "https://a.example/m/a%20b/c%23d%3F.json",
  )
})

test.each(["ftp://a.example/m", "file:///m", "https://user@a.example/m", "https://:p@a.example/m", "https://"])(
  "refuses %s",
  (model) => {
    expect(() => folderUrl(model, base)).toThrow(expect.objectContaining({ _tag: "DownloadError" }))
  },
)
