/** Numbers, durations, moments and telephone numbers as people read them. Pure. */

/** "0:07", "12:34", "1 h 02", "1 d 02 h": as wide as a time of day at most. Never negative. */
export function duration(seconds: number, day = "d"): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days > 0) return `${days} ${day} ${two(hours)} h`;
  if (hours > 0) return `${hours} h ${two(minutes)}`;
  return `${minutes}:${two(whole % 60)}`;
}

/** The time of day in a company's zone. */
export function timeOfDay(moment: number, language: string, timeZone: string, withSeconds = false): string {
  return formatter(language, timeZone, withSeconds).format(moment * 1000);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(language: string, timeZone: string, withSeconds: boolean): Intl.DateTimeFormat {
  const key = `${language} ${timeZone} ${withSeconds}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(language, {
      hour: "2-digit",
      minute: "2-digit",
      ...(withSeconds ? { second: "2-digit" } : {}),
      hourCycle: "h23",
      timeZone,
    });
    formatters.set(key, found);
  }
  return found;
}

/** "Saturday 21 November", "samedi 21 novembre". */
export function date(moment: number, language: string, timeZone: string): string {
  const options = { weekday: "long", day: "numeric", month: "long", timeZone } as const;
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options).format(moment * 1000);
}

/** A share, 0 to 1; a dash where there is none. */
export function percent(share: number | null, language: string): string {
  if (share === null) return "–";
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

const SPACE = "\u00a0";

/** Country calling codes of one and two digits; all others have three. */
const SHORT_CODES = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])(\d{6,})$/;
const LONG_CODES = /^\+(\d{3})(\d{6,})$/;

/** A number in groups that are easy to read: "+33 6 12 34 56 78". What is no number of the public network stays as it is. */
export function telephone(number: string): string {
  const french = /^(\+33|0)([1-9])(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(number);
  if (french) {
    const [, prefix, first, ...pairs] = french;
    return [prefix === "0" ? `0${first}` : `+33${SPACE}${first}`, ...pairs].join(SPACE);
  }
  const other = SHORT_CODES.exec(number) ?? LONG_CODES.exec(number);
  if (other) return [`+${other[1]}`, ...threes(other[2]!)].join(SPACE);
  return number;
}

/** Groups of three, the last of two to four. */
function threes(digits: string): string[] {
  const groups: string[] = [];
  let rest = digits;
  while (rest.length > 4) {
    groups.push(rest.slice(0, 3));
    rest = rest.slice(3);
  }
  return [...groups, rest];
}
