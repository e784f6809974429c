import { expect, test } from 'vitest'
import { alarmLink, functionLink } from '../../src/github/console.ts'
import { target } from '../support/builders.ts'

test.each([
  ['eu-west-1', 'https://eu-west-1.console.aws.amazon.com'],
  ['us-gov-west-1', 'https://console.amazonaws-us-gov.com'],
  ['cn-north-1', 'https://console.amazonaws.cn'],
])('in %s the console is %s', (region, console) => {
  expect(functionLink(target({ region }))).toBe(
    `${console}/lambda/home?region=${region}#/functions/orders/aliases/live`,
  )
  expect(alarmLink(`arn:aws:cloudwatch:${region}:123456789012:alarm:a`, 'a')).toBe(
    `${console}/cloudwatch/home?region=${region}#alarmsV2:alarm/a`,
  )
})

test('the name of an alarm may hold anything', () => {
  expect(alarmLink('arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a/b c?#', 'a/b c?#')).toBe(
    'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/a%2Fb%20c%3F%23',
  )
})
