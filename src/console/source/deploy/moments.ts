/** Moments as an administrator reads them: in the time zone of his browser unless another is named, with the day where it is not today. */

import { now } from "../live/clock.ts";
import { timeOfDay } from "../format.ts";
import { language } from "../preferences.ts";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "14:05" */
export function time(moment: number, timeZone = zone): string {
  return timeOfDay(moment, language.value, timeZone);
}

/** "14:05", "21 Nov 14:05", "21 Nov 2025 14:05" */
export function moment(at: number, timeZone = zone): string {
  const [then, today] = [parts(at, timeZone), parts(now.value, timeZone)];
  if (then.day === today.day) return time(at, timeZone);
  return `${then.year === today.year ? then.short : then.long} ${time(at, timeZone)}`;
}

/** What a clock shows, "2026-11-23T12:00": "23 Nov 2026 12:00". Whose clock it is, is known. */
export function onTheClock(shown: string): string {
  const at = Date.parse(`${shown.slice(0, 16)}Z`) / 1000;
  return `${parts(at, "UTC").long} ${time(at, "UTC")}`;
}

function parts(at: number, timeZone: string) {
  const written = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language.value === "en" ? "en-GB" : language.value, { ...options, timeZone }).format(at * 1000);
  return {
    day: written({ dateStyle: "short" }),
    year: written({ year: "numeric" }),
    short: written({ day: "numeric", month: "short" }),
    long: written({ day: "numeric", month: "short", year: "numeric" }),
  };
}
