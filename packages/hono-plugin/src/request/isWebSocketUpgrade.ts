/** Whether a request asks for a WebSocket: behind it no answer follows that a middleware could read. */
export const isWebSocketUpgrade = ({ headers }: Request): boolean =>
  (headers.get("upgrade") ?? "").split(",").some((protocol) => /^\s*websocket\s*(\/|$)/i.test(protocol))
