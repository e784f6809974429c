import type { Target } from '../rollout/outcome.ts'

/** The page of an alias in the AWS console. */
export function functionLink({ functionName, alias, region }: Target): string {
  return `${consoleOf(region)}/lambda/home?region=${region}#/functions/${functionName}/aliases/${alias}`
}

/** The page of an alarm in the AWS console. */
export function alarmLink(arn: string, name: string): string {
  const region = arn.split(':')[3] ?? ''
  return `${consoleOf(region)}/cloudwatch/home?region=${region}#alarmsV2:alarm/${encodeURIComponent(name)}`
}

function consoleOf(region: string): string {
  if (region.startsWith('cn-')) return 'https://console.amazonaws.cn'
  if (region.startsWith('us-gov-')) return 'https://console.amazonaws-us-gov.com'
  return `https://${region}.console.aws.amazon.com`
}
