/** The days that figures can be asked for, by a word. Pure. */

export type Period = "today" | "week" | "month";
export const PERIODS: readonly Period[] = ["today", "week", "month"];
const LENGTHS: Record<Period, number> = { today: 1, week: 7, month: 31 };
const DAY = 86_400_000;

/** The first and the last day, as a company's clock has them at a moment (milliseconds). */
export function daysOf(period: Period, at: number, zone: string): { from: string; to: string } {
  const day = (moment: number) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(moment);
  const to = day(at);
  // Whole days are counted on the calendar, which no change of the clock moves.
  const from = new Date(Date.parse(`${to}T00:00:00Z`) - (LENGTHS[period] - 1) * DAY).toISOString().slice(0, 10);
  return { from, to };
}
