/** How tests ask a server, and read what it answers. */
export { listen, type Listening } from "../../../test/listen.ts"

export const postJson = (
  url: string,
  body: unknown,
  { headers, ...init }: Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> =>
  fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    ...init,
    headers: { "content-type": "application/json", ...headers },
  })

/** Never ends by itself: what would end a turn is forbidden. */
export const endless = { logit_bias: { 1: -100, 107: -100 } }

/** All that an iterable or a stream gives. */
export async function all<A>(items: AsyncIterable<A>): Promise<Array<A>> {
  const list: Array<A> = []
  for await (const item of items) list.push(item)
  return list
}
