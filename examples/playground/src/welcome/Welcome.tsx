import type { ReactNode } from "react"
import { Gem } from "../brand/Gem.tsx"
import { Icon, type IconName } from "../brand/Icon.tsx"
import { suggestions } from "./suggestions.ts"

interface WelcomeProps {
  readonly onSend: (text: string) => void
  /** The model on its way. */
  readonly children: ReactNode
}

interface Effect {
  readonly icon: IconName
  readonly title: string
  readonly text: string
}

const effects: ReadonlyArray<Effect> = [
  { icon: "generate", title: "Generate", text: "Gemma 2 writes in this tab, on your own device." },
  { icon: "shield", title: "Shield", text: "A guard judges what goes in, and what comes out." },
  { icon: "inspect", title: "Inspect", text: "See which features light up behind every token." },
]

/** What a visitor sees first. */
export function Welcome({ children, onSend }: WelcomeProps) {
  return (
    <div className="welcome">
      <div className="hero">
        <Gem />
        <h1>Talk to Gemma, and see what it thinks</h1>
        <p>One model in three facets, with no server behind it.</p>
      </div>
      <ul className="effects">
        {effects.map(({ icon, text, title }) => (
          <li key={title}>
            <Icon name={icon} />
            <h2>{title}</h2>
            <p>{text}</p>
          </li>
        ))}
      </ul>
      {children}
      <section className="suggestions" aria-labelledby="suggestions-title">
        <h2 id="suggestions-title">Try one of these</h2>
        <ul>
          {suggestions.map(({ text, why }) => (
            <li key={text}>
              <button type="button" onClick={() => onSend(text)}>
                <span>{text}</span>
                <span className="hint">{why}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  )
}
