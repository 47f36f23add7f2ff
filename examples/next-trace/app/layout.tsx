import "@facet/react-hooks/styles.css"
import type { Metadata } from "next"
import type { ReactNode } from "react"
import "./style.css"

export const metadata: Metadata = { title: "Why it said it" }

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
