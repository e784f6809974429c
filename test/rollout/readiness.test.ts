import { expect, test } from 'vitest'
import { type LambdaState, type Readiness, readiness, versionReadiness } from '../../src/rollout/readiness.ts'

const ready: Readiness = { kind: 'ready' }
const pending = (because: string): Readiness => ({ kind: 'pending', because })
const failed = (because: string): Readiness => ({ kind: 'failed', because })

const states: readonly [of: LambdaState, is: Readiness][] = [
  [{ state: 'Active', update: 'Successful' }, ready],
  [{ state: 'Active' }, ready],
  [{}, ready],
  [{ state: 'Pending' }, pending('Pending')],
  [
    { state: 'Pending', stateReason: 'The function is being created.', stateReasonCode: 'Creating' },
    pending('Pending: The function is being created'),
  ],
  [{ state: 'Active', update: 'InProgress' }, pending('LastUpdateStatus InProgress')],
  [
    { state: 'Active', update: 'InProgress', updateReason: 'The function is being updated.' },
    pending('LastUpdateStatus InProgress: The function is being updated'),
  ],
  [{ state: 'Failed' }, failed('Failed')],
  [
    { state: 'Failed', stateReason: 'The image is gone.', stateReasonCode: 'ImageDeleted', update: 'InProgress' },
    failed('Failed (ImageDeleted: The image is gone)'),
  ],
  [{ state: 'Inactive', stateReasonCode: 'Idle' }, failed('Inactive (Idle)')],
  [
    { state: 'Active', update: 'Failed', updateReason: 'No such key.', updateReasonCode: 'InvalidConfiguration' },
    failed('LastUpdateStatus Failed (InvalidConfiguration: No such key)'),
  ],
]

test.each(states)('%j is so for $LATEST and for a version', (of, is) => {
  expect([readiness(of), versionReadiness(of)]).toEqual([is, is])
})

test.each<[of: LambdaState, is: Readiness]>([
  [{ state: 'Active', snapshot: 'On' }, ready],
  [{ state: 'Active', snapshot: 'Off' }, pending('SnapStart: its snapshot is being made')],
  [{ state: 'Pending', snapshot: 'Off' }, pending('Pending')],
  [{ state: 'Failed', stateReasonCode: 'SnapStartException', snapshot: 'Off' }, failed('Failed (SnapStartException)')],
])('a SnapStart version waits for its snapshot: %j', (of, is) => {
  expect(versionReadiness(of)).toEqual(is)
})
