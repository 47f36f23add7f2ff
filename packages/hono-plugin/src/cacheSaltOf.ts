/**
 * Whose prefixes a request may reuse: those of the same key, and of the same salt where the client sends one to keep its
 * own users apart. Another's prompt could be guessed word by word from counts and times of what is cached.
 *
 * @param key which of the server's keys the request bears; undefined where there are none.
 */
export const cacheSaltOf = (key: number | undefined, salt = ""): string =>
  key === undefined && salt === "" ? "" : JSON.stringify([key ?? null, salt])
