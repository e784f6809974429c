import { readFileSync } from 'node:fs'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { startSandbox } from '../../test/sandbox/sandbox.ts'
import { Account, region } from '../../test/scenarios/account.ts'
import { startStep } from '../../test/support/runner.ts'
import { against } from '../against.ts'

/** The peak memory, in MB, of the action in `folder` that deploys a directory through S3; undefined where Linux does not tell. */
export async function deployThroughS3(folder: string, artifact: string): Promise<number | undefined> {
  const sandbox = await startSandbox({ region, settle: { create: 0, update: 0, publish: 0 } })
  try {
    const account = new Account(sandbox, () => undefined)
    await account.create({ versions: 1, differs: {}, live: {} }, () => sandbox.advance())
    await account.s3.send(new CreateBucketCommand({ Bucket: 'builds' }))
    const step = startStep({
      action: folder,
      inputs: { 'function-name': 'orders', artifact, strategy: 'all-at-once', 'upload-bucket': 'builds' },
      env: against(sandbox),
    })
    let peak: number | undefined
    const timer = setInterval(() => {
      peak = peakOf(step.pid) ?? peak
    }, 20)
    const { conclusion, log } = await step.done
    clearInterval(timer)
    if (conclusion !== 'success') throw new Error(`the run failed:\n${log}`)
    if (!sandbox.requests.some(({ service }) => service === 's3')) throw new Error('nothing went through S3')
    return peak
  } finally {
    await sandbox.close()
  }
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
  } catch {
    return undefined
  }
}
