import { assert, describe, it } from "@effect/vitest"
import { flag, list, Misread, number, oneOf, optional, record, text, whole } from "../../src/remote/Reader.ts"

interface Fox {
  readonly name: string
  readonly age: number
  readonly colour?: "red" | "white"
  readonly cubs: ReadonlyArray<{ readonly weight: number; readonly isAsleep: boolean }>
}

const fox = record<Fox>({
  name: text,
  age: whole,
  colour: optional(oneOf(["red", "white"])),
  cubs: list(record<Fox["cubs"][number]>({ weight: number, isAsleep: flag })),
})

const rex = { name: "Rex", age: 3, cubs: [] }

describe("a reader", () => {
  it("gives what it knows, and leaves out what a newer server adds", () => {
    const newer = { ...rex, colour: "red", cubs: [{ weight: 0.5, isAsleep: true, name: "Ali" }], tail: "long" }
    assert.deepStrictEqual(fox(newer, ""), { ...rex, colour: "red", cubs: [{ weight: 0.5, isAsleep: true }] })
  })

  it("takes null for a field that is left out", () => {
    assert.deepStrictEqual(fox({ ...rex, colour: null }, ""), rex)
  })

  it.each<readonly [problem: string, document: unknown]>([
    ["it is a list where an object is expected", []],
    ["it is nothing where an object is expected", undefined],
    ["name is nothing where a text is expected", { ...rex, name: undefined }],
    ["age is a number where a whole number is expected", { ...rex, age: 0.5 }],
    ["colour is a text where one of red, white is expected", { ...rex, colour: "blue" }],
    ["cubs is an object where a list is expected", { ...rex, cubs: {} }],
    [
      "cubs[1].weight is null where a number is expected",
      { ...rex, cubs: [{ weight: 1, isAsleep: true }, { weight: null }] },
    ],
    ["cubs[0].isAsleep is a text where true or false is expected", { ...rex, cubs: [{ weight: 1, isAsleep: "no" }] }],
  ])("says what is wrong, and where: %s", (problem, document) => {
    assert.throws(() => fox(document, ""), Misread, problem)
  })
})
