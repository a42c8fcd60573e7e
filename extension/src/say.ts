/** `$1`, `$2` … are replaced; a key without words shows itself. */
export function say(words: Record<string, string>, key: string, ...values: (string | number)[]): string {
  return (words[key] ?? key).replace(/\$([1-9])/g, (_, place: string) => String(values[Number(place) - 1] ?? ''));
}
