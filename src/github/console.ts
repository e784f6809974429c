import type { Place } from '../rollout/outcome.ts'

/** The page of a function in the AWS console, or of an alias of it. */
export function functionLink({ functionName, alias, region }: Place): string {
  const page = `${consoleOf(region)}/lambda/home?region=${region}#/functions/${functionName}`
  return alias === undefined ? page : `${page}/aliases/${alias}`
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
