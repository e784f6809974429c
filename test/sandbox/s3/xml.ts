const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A result document with flat members. */
export function result(name: string, members: Readonly<Record<string, string>>): string {
  const inner = Object.entries(members).map(([member, value]) => `<${member}>${escapeXml(value)}</${member}>`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${xmlns}">${inner.join('')}</${name}>`
}

/** Text, as it may stand between tags. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** What stands between tags, as text. */
export function unescapeXml(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
