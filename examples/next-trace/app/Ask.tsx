"use client"
import { useRouter } from "next/navigation"
import { type FormEvent, useState } from "react"

/** Asks the guarded route, and has the page show what is behind its answer. */
export function Ask() {
  const router = useRouter()
  const [question, setQuestion] = useState("Tell me a story about a fox.")
  const [note, setNote] = useState("")

  async function ask(event: FormEvent) {
    event.preventDefault()
    setNote("…")
    const response = await fetch("/api/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ prompt: question }),
    })
    setNote(response.ok ? "" : noteOf(response.status))
    // The route's own answer, below.
    if (response.ok) router.push(`/?${new URLSearchParams((await response.json()) as { text: string })}`)
  }

  return (
    <form onSubmit={(event) => void ask(event)}>
      <input aria-label="Question" value={question} onChange={(event) => setQuestion(event.target.value)} />
      <button>Ask</button>
      <output>{note}</output>
    </form>
  )
}

const noteOf = (status: number): string => (status === 422 ? "This is not answered." : "That did not work.")
