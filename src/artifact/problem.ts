import { Failure } from '../failure.ts'

/** An artifact that cannot be deployed as it is: one sentence that says what, why, and what to do. */
export class ArtifactProblem extends Failure {
  override name = 'ArtifactProblem'
}

/** The problem behind an error of the file system on `path`, which was there a moment ago. */
export function unreadable(path: string, cause: unknown): ArtifactProblem {
  const code = errorCode(cause)
  const name = JSON.stringify(path)
  if (code === 'EACCES' || code === 'EPERM') {
    return new ArtifactProblem(
      `${name} may not be read by the user that runs this step: give that user read permission`,
      { cause },
    )
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') return changed(path, { cause })
  return new ArtifactProblem(`${name} cannot be read (${code}): check the disk it is on`, { cause })
}

/** The problem of a file that is not what it was when the tree was read. */
export function changed(path: string, options?: ErrorOptions): ArtifactProblem {
  return new ArtifactProblem(
    `${JSON.stringify(path)} changed while it was being packed: let the build finish before this step starts`,
    options,
  )
}

/** The system's short name of an error, `ENOENT` for one. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
