import { assert, describe, it } from "@effect/vitest"
import { JinjaTemplate } from "../../src/tokenizer/JinjaTemplate.ts"

const render = (source: string, variables: Record<string, unknown> = {}) => new JinjaTemplate(source).render(variables)

describe("JinjaTemplate", () => {
  it("runs what chat templates are made of", () => {
    const source =
      "{% for i in range(3) %}{{ i }}{% endfor %}{{ 1 if tools is none }}" +
      "{% set ns = namespace(n=1) %}{% if True %}{% set ns.n = ns.n + 1 %}{% endif %}{{ ns.n }}{{ a['b'] | trim }}"
    assert.strictEqual(render(source, { a: { b: " c " } }), "01212c")
    assert.strictEqual(render("{{ range(5, 0, -2) | join(',') }}"), "5,3,1")
    assert.match(render("{{ strftime_now('%d %B %Y, %H%M%S %%') }}"), /^\d\d [A-Z][a-z]+ \d{4}, \d{6} %$/)
  })

  it("gives what the template raises", () => {
    assert.throws(() => render("{{ raise_exception('No tools here') }}"), "No tools here")
    assert.throws(() => new JinjaTemplate("{% for %}"))
  })

  it.each([
    ["a range", "{% for i in range(10000000000) %}{% endfor %}"],
    ["nested loops", "{% for i in range(9999) %}{% for j in range(9999) %}{{ j }}{% endfor %}{% endfor %}"],
    [
      "a text that doubles",
      "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    ],
    [
      "a list that doubles",
      "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    ],
    ["a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"],
  ])("ends %s that would not", (_, source) => {
    assert.throws(() => render(source))
  })
})
