import { expect, test } from 'vitest'
import { failed } from './ends.ts'
import { minute, newStage } from './stage.ts'

test('all that is wrong with the inputs is told at once, before a single call', async () => {
  const stage = await newStage()
  const { end, requests } = await stage.deploy({
    command: 'destroy',
    'function-name': 'orders:live',
    alias: '7',
    artifact: 'build/',
    'upload-bucket': 'Not_A_Bucket',
    configuration: 'Memory: 512\nTimeout: soon',
    'version-description': 'x'.repeat(257),
    strategy: '10% for 5m, 5% for 5m',
    'poll-interval': '0s',
    'already-in-alarm': 'maybe',
    'insufficient-data': 'wait a bit',
    'on-failure': 'panic',
    'dry-run': 'yes',
    'aws-region': 'mars',
    'ready-timeout': 'soon',
  })
  expect(end).toEqual(failed('refused', '1'))
  expect(requests).toEqual([])
  await stage.expectStory('bad-inputs')
})

test('versions with another execution role share no traffic: refused before anything is touched', async () => {
  const stage = await newStage()
  const { end } = await stage.deploy({ configuration: 'Role: arn:aws:iam::111122223333:role/other' })
  expect(end).toEqual(failed('refused', '1'))
  await stage.expectStory('role-differs')
})

test('versions with another dead-letter queue share no traffic: refused before anything is touched', async () => {
  const stage = await newStage()
  const { end } = await stage.deploy({
    configuration: 'DeadLetterConfig: { TargetArn: "arn:aws:sqs:eu-west-1:111122223333:dead" }',
  })
  expect(end).toEqual(failed('refused', '1'))
  await stage.expectStory('dead-letter-queue-differs')
})

test('text from AWS is text: no command for the runner, no markup in the summary', async () => {
  const hostile = '7 errors\n::error::x\n##[error]y | <script>alert(1)</script> `@octocat`'
  const stage = await newStage({ live: { description: '::error::z ##[error]w | <b>' } })
  await stage.aws.alarm('orders-errors')
  stage.at({ before: 'DescribeAlarms', from: minute }, () => stage.aws.set('orders-errors', 'ALARM', hostile))
  const { end, main } = await stage.deploy({ alarms: 'orders-errors', 'poll-interval': '1m' })
  expect(end).toEqual(failed('rolled-back', '1'))
  expect(main.summary).not.toMatch(/<script>|<b>|^::/m)
  await stage.expectStory('hostile-text')
})

// It is as AWS wrote it, and a workflow that echoes it runs `::error::x` as a command.
test('the reason output is one line, whatever AWS says', async () => {
  const stage = await newStage()
  await stage.aws.alarm('orders-errors', 'ALARM', '7 errors\n::error::x')
  const { main } = await stage.deploy({ alarms: 'orders-errors' })
  expect(main.outputs.reason).toContain('(7 errors ::error::x)')
  expect(main.outputs.reason).not.toContain('\n')
})
