import { ArtifactProblem } from './problem.ts'

/**
 * What Lambda takes unzipped, whatever way the zip is sent
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
const unzippedLimit = 262_144_000

/** Throws where Lambda would refuse an artifact for its unzipped size: nothing is compressed or uploaded in vain. */
export function refuseOversize(artifact: string, unzippedBytes: number): void {
  if (unzippedBytes <= unzippedLimit) return
  throw new ArtifactProblem(
    `${JSON.stringify(artifact)} is ${grouped(unzippedBytes)} bytes unzipped and Lambda takes at most ${grouped(unzippedLimit)}: leave out what the function does not need at run time, or deploy it as a container image`,
  )
}

function grouped(bytes: number): string {
  return bytes.toLocaleString('en-US')
}
