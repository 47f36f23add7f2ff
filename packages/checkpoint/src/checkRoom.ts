import { statfs } from "node:fs/promises"
import { byteCount, RuntimeError } from "@facet/sdk/words"

/**
 * Compares what is about to be written with what the disk has left.
 *
 * @param folder that is there, on the disk in question.
 * @param place what is written, for people.
 */
export async function checkRoom(folder: string, bytes: number, place: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize >= bytes) return
  throw new RuntimeError({
    operation: `Writing ${place}`,
    problem: `${byteCount(bytes)} are needed, and the disk has ${byteCount(bavail * bsize)}`,
    remedy: "Make room, name a place on another disk, or choose a smaller dtype.",
  })
}
