/** The IANA time zone of this machine, or undefined where it has none that can be told. */
export function localTimeZone(): string | undefined {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  // ICU says Etc/Unknown for what it cannot make out, and a bare offset is no zone.
  return timeZone && /^[A-Za-z]/.test(timeZone) && timeZone !== 'Etc/Unknown' ? timeZone : undefined;
}
