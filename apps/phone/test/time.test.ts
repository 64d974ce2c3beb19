import { describe, expect, it } from "@jest/globals";
import { moment, since, when } from "../src/time/when";

const how = { locale: "en-GB" };
// In the zone of the machine that runs the test.
const at = (text: string) => new Date(text).getTime();
const now = at("2026-11-04T15:00:00");

describe("times", () => {
  it("are said as they are near or far", () => {
    expect(when(now - 20_000, now, how)).toBe("just now");
    // A screen's clock goes on in steps.
    expect(when(now + 30_000, now, how)).toBe("just now");
    expect(when(now - 4 * 60_000, now, how)).toBe("4 min ago");
    expect(when(at("2026-11-04T09:10:00"), now, how)).toBe("Today 09:10");
    expect(when(at("2026-11-03T14:02:00"), now, how)).toBe("Yesterday 14:02");
    expect(when(at("2026-10-31T14:02:00"), now, how)).toBe("Sat 14:02");
    expect(when(at("2026-09-03T14:02:00"), now, how)).toBe("3 Sept, 14:02");
    expect(when(at("2025-11-03T14:02:00"), now, how)).toBe("3 Nov 2025, 14:02");
  });

  it("do not call the future just now, which a clock that was set makes", () => {
    expect(when(at("2026-11-04T16:30:00"), now, how)).toBe("Today 16:30");
  });

  it("of two sides name the day", () => {
    expect(moment(at("2026-11-03T14:02:00"), now, how)).toBe("Tue 14:02");
    expect(moment(at("2026-11-04T09:10:00"), now, how)).toBe("Wed 09:10");
  });

  it("of waiting are rough", () => {
    expect([10_000, 60_000, 12 * 60_000, 3 * 3_600_000, 50 * 3_600_000].map((ago) => since(now - ago, now))).toEqual([
      "less than a minute",
      "1 minute",
      "12 minutes",
      "3 hours",
      "2 days",
    ]);
    expect(since(now + 5_000, now)).toBe("less than a minute");
  });
});
