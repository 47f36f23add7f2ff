/** The one list of what is text. */
import { assert, describe, it } from "vitest"
import { isTextName, isTextType } from "../../../src/guard/reading/TextTypes.ts"

describe("a media type", () => {
  it.each(
    [
      "text text/plain text/* text/csv text/markdown TEXT/HTML message/rfc822 application/json application/x-ndjson",
      "application/jsonl application/ld+json application/vnd.api+json image/svg+xml application/xhtml+xml",
      "application/yaml application/x-yaml application/toml application/sql application/x-sh application/x-shellscript",
      "application/javascript application/x-javascript application/typescript application/xml application/x-python",
      "application/x-httpd-php application/graphql application/x-tex application/rtf application/csv",
    ].flatMap((line) => line.split(" ")),
  )("of text: %s", (type) => {
    assert.isTrue(isTextType(type))
  })

  it.each(
    "image/png audio/mpeg video/mp4 font/woff2 application/pdf application/zip application/octet-stream image application/".split(
      " ",
    ),
  )("of something else: %s", (type) => {
    assert.isFalse(isTextType(type))
  })

  it("may stand as in a header", () => {
    assert.isTrue(isTextType("Application/X-YAML ; charset=utf-8"))
    assert.isFalse(isTextType(""))
  })
})

describe("a file's name", () => {
  it.each("a.txt notes.MD x/y/config.toml c:\\a\\b.sql Dockerfile .gitignore data.tar.csv README".split(" "))(
    "of text: %s",
    (name) => {
      assert.isTrue(isTextName(name))
    },
  )

  it.each(["a.png", "archive.zip", "song.mp3", "", "noending", "text.pdf"])("of something else: %s", (name) => {
    assert.isFalse(isTextName(name))
  })
})
