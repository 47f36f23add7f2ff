/** Sends a message to both routes and shows their answers as they come. */
import { readAnswer } from "./readAnswer.js"

const form = document.querySelector("form")
const [plain, guarded] = [...document.querySelectorAll("section")]
const inColumn = (column, name) => column.querySelector(name)

form.addEventListener("submit", (event) => {
  event.preventDefault()
  void send(form.elements.message.value)
})

for (const example of document.querySelectorAll("[data-message]")) {
  example.addEventListener("click", () => {
    form.elements.message.value = example.dataset.message
    void send(example.dataset.message)
  })
}

async function send(message) {
  if (form.getAttribute("aria-busy") === "true") return
  setBusy(true)
  try {
    const [shown, released] = await Promise.all([ask(plain, message), ask(guarded, message)])
    if (released.verdict) tellHeldBack(shown.text, released)
  } finally {
    setBusy(false)
  }
}

/** Buttons are not disabled for real: the one that was pressed would lose the focus. */
function setBusy(isBusy) {
  form.setAttribute("aria-busy", String(isBusy))
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", String(isBusy))
}

/** Never rejects: what goes wrong is shown. */
async function ask(column, message) {
  const answer = inColumn(column, ".answer")
  answer.textContent = ""
  inColumn(column, ".note").hidden = true
  if (inColumn(column, "table")) inColumn(column, "table").hidden = true
  setBadge(column, "busy", column === guarded ? "Waiting for the guard" : "Waiting for the model")
  const end = await readAnswer(column.dataset.route, message, (text) => {
    setBadge(column, "busy", "Answering")
    answer.textContent = text
  })
  setBadge(column, end.state, badgeOf(column, end))
  if (end.verdict) showVerdict(column, end.verdict)
  return end
}

function badgeOf(column, { detail, state, verdict }) {
  switch (state) {
    case "passed":
      return column === guarded ? "Passed" : "Not judged"
    case "blocked":
      return verdict?.of === "input" ? "Blocked: the question" : "Blocked: the answer"
    default:
      return `Failed: ${detail}`
  }
}

function setBadge(column, state, text) {
  const badge = inColumn(column, ".badge")
  badge.dataset.state = column === plain && state === "passed" ? "idle" : state
  // A live region speaks again whenever it is written to.
  if (badge.textContent !== text) badge.textContent = text
}

function showVerdict(column, { policies }) {
  const rows = policies.map(({ flagged, policy, probability }) => {
    const row = document.createElement("tr")
    row.dataset.flagged = String(flagged)
    const name = document.createElement("th")
    name.scope = "row"
    name.textContent = policy.replaceAll("_", " ")
    row.append(name, cell(probability.toFixed(2)), cell(flagged ? "yes" : "no"))
    return row
  })
  inColumn(column, "tbody").replaceChildren(...rows)
  inColumn(column, "table").hidden = false
}

function cell(text) {
  const element = document.createElement("td")
  element.textContent = text
  return element
}

/** The guarded route said the beginning of what the plain one said: the rest is what it held back. */
function tellHeldBack(whole, { text, verdict }) {
  if (verdict.of === "input") return note(guarded, "The handler was not called.")
  const held = whole.startsWith(text) ? whole.slice(text.length) : ""
  const mark = document.createElement("mark")
  mark.textContent = held.trimStart()
  inColumn(plain, ".answer").replaceChildren(whole.slice(0, whole.length - mark.textContent.length), mark)
  note(plain, "The marked words did not come through on the other side.")
  note(guarded, `${mark.textContent.length} characters were held back, and the model was stopped.`)
}

function note(column, text) {
  const element = inColumn(column, ".note")
  element.textContent = text
  element.hidden = false
}
