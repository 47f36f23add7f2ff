import { ModelFileError } from "../words/Errors.ts"

/** Whether a file is what Git LFS keeps in place of a large one, by its beginning. Source: git-lfs' docs/spec.md. */
export const isLfsPointer = (start: string): boolean => start.startsWith("version https://git-lfs.github.com/spec/")

/** @throws ModelFileError when a file, whose beginning is given, is a pointer to the one that it should be. */
export function checkLfsPointer(file: string, start: string): void {
  if (!isLfsPointer(start)) return
  throw new ModelFileError({
    file,
    problem: "it is a Git LFS pointer, and not the file itself",
    remedy: "Run `git lfs pull` in the folder.",
  })
}
