import assert from "node:assert/strict";
import { test } from "node:test";
import { words } from "../src/live-connection";
import { codeOf } from "../src/pair-link";
import { backoff, headOf, planMerge, verdict } from "../src/live-rules";

const rows = (...texts: string[]) => texts.map((text) => ({ id: text.split(":")[0] ?? "", says: text }));
const none = new Set<string>();

test("only a head event with a number is heard", () => {
  assert.deepEqual(headOf("head", '{"seq":42}'), { seq: 42 });
  for (const [event, data] of [["head", "{"], ["head", "null"], ["head", '{"seq":"42"}'], ["head", '{"seq":-1}'], ["head", '{"seq":1.5}'], ["other", '{"seq":1}'], [undefined, '{"seq":1}']] as const) {
    assert.equal(headOf(event, data), null);
  }
});

test("the wait grows, never beyond a minute, and is spread", () => {
  assert.equal(backoff(0, 1), 1000);
  assert.equal(backoff(0, 0), 500);
  assert.equal(backoff(3, 1), 8000);
  for (const failures of [6, 20, 5000]) assert.equal(backoff(failures, 1), 60_000);
});

test("signed out ends the stream; a captive portal and a broken server do not", () => {
  assert.equal(verdict(200, "text/event-stream"), "read");
  assert.equal(verdict(200, "text/event-stream; charset=utf-8"), "read");
  assert.equal(verdict(401, "application/problem+json"), "stop");
  assert.equal(verdict(409, null), "stop");
  assert.equal(verdict(200, "text/html"), "again");
  assert.equal(verdict(503, null), "again");
  assert.equal(verdict(429, null), "again");
});

test("an unchanged list is left alone", () => {
  const plan = planMerge(rows("a:1", "b:1"), rows("a:1", "b:1"), none);
  assert.deepEqual(plan, { remove: [], rows: [{ id: "a", action: "keep" }, { id: "b", action: "keep" }], added: 0, held: false });
});

test("a new row comes in its place, a changed one is replaced, a vanished one goes", () => {
  const plan = planMerge(rows("a:1", "b:1", "c:1"), rows("n:1", "a:1", "c:2"), none);
  assert.deepEqual(plan.remove, ["b"]);
  assert.deepEqual(plan.rows, [{ id: "n", action: "insert" }, { id: "a", action: "keep" }, { id: "c", action: "replace" }]);
  assert.equal(plan.added, 1);
});

test("a row that moved is kept, in its new place", () => {
  const plan = planMerge(rows("a:1", "b:1", "c:1"), rows("c:1", "a:1", "b:1"), none);
  assert.deepEqual(plan.rows.map((row) => `${row.id} ${row.action}`), ["c keep", "a keep", "b keep"]);
  assert.equal(plan.added, 0);
});

test("a row that somebody is at is neither replaced nor removed", () => {
  const plan = planMerge(rows("a:1", "b:1", "c:1", "d:1"), rows("a:1", "b:2", "d:1"), new Set(["b", "c"]));
  assert.deepEqual(plan.remove, []);
  assert.deepEqual(plan.rows.map((row) => `${row.id} ${row.action}`), ["a keep", "b keep", "c keep", "d keep"]);
  assert.equal(plan.held, true);
});

test("a held row stays first where everything before it is gone", () => {
  const plan = planMerge(rows("a:1", "b:1"), rows("n:1"), new Set(["b"]));
  assert.deepEqual(plan.remove, ["a"]);
  assert.deepEqual(plan.rows.map((row) => `${row.id} ${row.action}`), ["b keep", "n insert"]);
});

test("a list may become empty, and be filled from nothing", () => {
  assert.deepEqual(planMerge(rows("a:1"), [], none).remove, ["a"]);
  assert.equal(planMerge([], rows("a:1", "b:1"), none).added, 2);
});

test("a page that may be old says from when it is, with the day where that is not today", () => {
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 5);
  assert.equal(words(at(29, 11), at(29, 18), "en-GB"), "Not connected. What you see is from 11:05.");
  assert.equal(words(at(28, 23), at(29, 1), "en-GB"), "Not connected. What you see is from 28 Nov 2026, 23:05.");
});

test("only what can be a code is taken out of an address", () => {
  assert.equal(codeOf("#ceag-7gh1"), "CEAG-7GH1");
  for (const hash of ["", "#", "#content", "#<b>XX-XXXX</b>", "#ceag 7gh1"]) assert.equal(codeOf(hash), null);
});
