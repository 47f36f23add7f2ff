import { FeatureTrace } from "@facet/react-hooks"
import { Ask } from "./Ask.tsx"
import { model } from "./model.ts"

interface Props {
  readonly searchParams: Promise<{ readonly text?: string | ReadonlyArray<string> }>
}

/** The features of `?text=`, which the server reads and renders; the browser makes them answer to pointer and keys. */
export default async function Page({ searchParams }: Props) {
  const { text } = await searchParams
  return (
    <main>
      <h1>Why it said it</h1>
      <Ask />
      {typeof text === "string" && text !== "" && <Features text={text} />}
    </main>
  )
}

async function Features({ text }: { readonly text: string }) {
  const facet = await model.get()
  return <FeatureTrace trace={await facet.inspect(text)} />
}
