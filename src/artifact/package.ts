import { ArtifactProblem } from './problem.ts'

/** A zip on disk, ready to send; `sha256` is in base64, as Lambda's `CodeSha256`. */
export type Package = {
  readonly file: string
  readonly sha256: string
  readonly zippedBytes: number
  readonly unzippedBytes: number
  readonly entries: number
}

/** What Lambda takes unzipped, whatever way the zip is sent: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const unzippedLimit = 262_144_000

/** Throws when Lambda would refuse the artifact for its unzipped size, so that nothing is compressed or uploaded in vain. */
export function refuseOversize(artifact: string, unzippedBytes: number): void {
  if (unzippedBytes <= unzippedLimit) return
  throw new ArtifactProblem(
    `${JSON.stringify(artifact)} is ${grouped(unzippedBytes)} bytes unzipped and Lambda takes at most ${grouped(unzippedLimit)}: leave out what the function does not need at run time, or deploy it as a container image`,
  )
}

function grouped(bytes: number): string {
  return bytes.toLocaleString('en-US')
}
