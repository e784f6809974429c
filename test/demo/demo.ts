import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { packDirectory } from '../../src/artifact/pack.ts'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'
import { fasterNow, startFaster } from '../support/clock/spec.ts'
import { runPost, type StepResult, startStep } from '../support/runner.ts'

/**
 * `npm run demo`: the main job on an embedded AWS. A function gets steady traffic, which its real handlers answer; the
 * shipped action rolls out a good build and then a bad one, caught once by an alarm and once by comparison. Minutes pass in seconds, on one clock for both sides.
 */

const root = fileURLToPath(new URL('../../', import.meta.url))
const out = `${root}.demo/`
const clock = startFaster(20, Date.now())
const alarm = 'orders-live-errors'
const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' }

const startedAt = performance.now()
rmSync(out, { recursive: true, force: true })
mkdirSync(out)
const sandbox = await startSandbox({ now: () => fasterNow(clock) })
try {
  await createFunction(sandbox)
  sandbox.traffic.add({ functionName: 'orders', alias: 'live', perSecond: 5, execute: true, payload: order })
  say(
    `orders:live gets 5 requests a second, each run by the version's own handler. A minute lasts ${60 / clock.factor} s here.`,
  )

  await minute()
  say('A good build is rolled out:')
  const good = await rollOut(sandbox, 'good', { alarms: alarm })
  expectEnd(good, 'promoted')

  say('A bad build is rolled out, whose handler fails for large orders. An alarm alone watches it:')
  const bad = await rollOut(sandbox, 'bad', { alarms: alarm, checks: 'none' })
  expectEnd(bad, 'rolled-back')

  // CloudWatch counts by the minute: the next canary is not to begin within one that the last has had a part in.
  await minute()
  say('The same again, without the alarm: the action compares the candidate with the version it replaces:')
  const compared = await rollOut(sandbox, 'bad')
  expectEnd(compared, 'rolled-back')

  const files = { promoted: good.summary, 'rolled-back': bad.summary, compared: compared.summary }
  for (const [name, summary] of Object.entries(files)) writeFileSync(`${out}${name}.md`, summary)
  const names = Object.keys(files).map(name => relative(process.cwd(), `${out}${name}.md`))
  say(`Done in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s. The job summaries: ${names.join(', ')}`)
} finally {
  await sandbox.close()
}

/** Lets a minute go by, of the demo's own time. */
async function minute(): Promise<void> {
  await sleep(60_000 / clock.factor)
}

/** The function as it serves today, with an alarm that knows nothing of versions. */
async function createFunction({ endpoint }: Sandbox): Promise<void> {
  const config = { region: 'eu-west-1', endpoint, credentials }
  const lambda = new LambdaClient(config)
  const { file } = await packDirectory(`${root}test/demo/orders/serving`, out)
  const FunctionName = 'orders'
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: 'arn:aws:iam::111122223333:role/orders',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile: readFileSync(file) },
    }),
  )
  rmSync(file)
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName })
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName }))
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: Version }))
  await new CloudWatchClient(config).send(
    new PutMetricAlarmCommand({
      AlarmName: alarm,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [
        { Name: 'FunctionName', Value: FunctionName },
        { Name: 'Resource', Value: `${FunctionName}:live` },
      ],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 2,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    }),
  )
}

/** One job of the workflow: the step `uses: OWNER/lambda-rollout@v1` on a build, and its post step. */
async function rollOut(
  { endpoint }: Sandbox,
  build: string,
  watching: Readonly<Record<string, string>> = {},
): Promise<StepResult> {
  const step = {
    action: root,
    workspace: `${root}test/demo/orders`,
    clock,
    inputs: {
      'function-name': 'orders',
      artifact: `${build}/`,
      strategy: '10% for 4m, 50% for 2m',
      ...watching,
    },
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    onLine: (line: string) => console.log(`  ${line}`),
  }
  const running = startStep(step)
  process.once('SIGINT', running.cancel)
  const main = await running.done.finally(() => process.off('SIGINT', running.cancel))
  const post = await runPost(step, main)
  if (post.conclusion !== 'success') throw new Error(`the post step ended in ${post.conclusion}`)
  return main
}

function order(): unknown {
  return { quantity: 1 + Math.floor(Math.random() * 10), price: 20 }
}

function expectEnd({ outputs }: StepResult, result: string): void {
  if (outputs.result !== result)
    throw new Error(`the demo should have ended ${result} and ended ${outputs.result}: ${outputs.reason}`)
}

function say(line: string): void {
  console.log(`\n${line}`)
}
