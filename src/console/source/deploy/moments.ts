/** Moments as an administrator reads them: in the time zone of his browser, with the day where it is not today. */

import { now } from "../live/clock.ts";
import { timeOfDay } from "../format.ts";
import { language } from "../preferences.ts";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "14:05" */
export function time(moment: number): string {
  return timeOfDay(moment, language.value, zone);
}

/** "14:05", "21 Nov 14:05", "21 Nov 2025 14:05" */
export function moment(at: number): string {
  const [then, today] = [parts(at), parts(now.value)];
  if (then.day === today.day) return time(at);
  return `${then.year === today.year ? then.short : then.long} ${time(at)}`;
}

function parts(at: number) {
  const written = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language.value === "en" ? "en-GB" : language.value, { ...options, timeZone: zone }).format(at * 1000);
  return {
    day: written({ dateStyle: "short" }),
    year: written({ year: "numeric" }),
    short: written({ day: "numeric", month: "short" }),
    long: written({ day: "numeric", month: "short", year: "numeric" }),
  };
}
