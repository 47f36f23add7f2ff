import { expect, test } from "vitest"
import { checkedBytes, contentProblem } from "../../../src/files/http/contentProblem.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The start of a safetensors file whose header has so many bytes. */
function safetensors(headerLength: bigint, after = '{"a":'): Uint8Array {
  const start = new Uint8Array(8)
  new DataView(start.buffer).setBigUint64(0, headerLength, true)
  return Uint8Array.of(...start, ...bytes(after))
}

test.each([
  ["config.json", bytes('{ "a": 1 }')],
  ["config.json", bytes('\n\t {"a":1}')],
  ["tokenizer.json", bytes("\ufeff{}")],
  ["model.safetensors", safetensors(5n)],
  ["params.npz", bytes("PK\u0003\u0004")],
  ["chat_template.jinja", bytes("{{ bos_token }}")],
  ["chat_template.jinja", bytes("")],
])("%s may start so", (name, start) => {
  expect(contentProblem(name, start, "text/html")).toBeUndefined()
})

test.each([
  ["config.json", bytes("<!doctype html><title>x</title>")],
  ["model.safetensors", bytes("  \n<HTML lang=en>")],
  ["chat_template.jinja", bytes("<!-- app --><!DOCTYPE html>")],
  ["params.npz", bytes('<?xml version="1.0"?><!DOCTYPE html PUBLIC "x">')],
])("%s is a page", (name, start) => {
  expect(contentProblem(name, start, "text/html")).toMatchObject({ isPage: true })
})

test.each([
  ["config.json", bytes(""), /not JSON/],
  ["config.json", bytes("Not found"), /not JSON/],
  ["model.safetensors", bytes("{}"), /not a safetensors file/],
  ["model.safetensors", safetensors(100_000_001n), /not a safetensors file/],
  ["model.safetensors", safetensors(5n, "xxxxx"), /not a safetensors file/],
  ["params.npz", bytes("\u0093NUMPY"), /not a zip of arrays/],
  ["model.safetensors", bytes("version https://git-lfs.github.com/spec/v1\noid"), /Git LFS pointer/],
])("%s is something else", (name, start, problem) => {
  const found = contentProblem(name, start, "")
  expect(found).toMatchObject({ isPage: false })
  expect(found?.problem).toMatch(problem)
})

test("takes a time that does not grow with what is in it", () => {
  // Took nine seconds: each comment could be read in two ways.
  expect(contentProblem("config.json", bytes("<!---->".repeat(70)), "")?.problem).toMatch(/not JSON/)
})

test("reads no more of a file than its start", () => {
  const long = bytes(`{${" ".repeat(checkedBytes)}<html>`)
  expect(contentProblem("config.json", long, "")).toBeUndefined()
})
