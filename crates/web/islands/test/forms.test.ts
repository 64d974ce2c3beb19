import assert from "node:assert/strict";
import { test } from "node:test";
import { locateProblem, parseCoordinate } from "../src/position";
import { tagSuggestions } from "../src/suggest";

const tags = [
  { value: "oak", count: 9 },
  { value: "Mushroom", count: 4 },
  { value: "old oak", count: 1 },
];

test("the last tag is completed, and those before it are kept", () => {
  assert.deepEqual(tagSuggestions("mushroom, o", tags).map((tag) => tag.value), ["mushroom, oak", "mushroom, old oak"]);
  assert.deepEqual(tagSuggestions("oa", tags).map((tag) => tag.value), ["oak", "old oak"]);
});

test("a tag that is there is not offered again", () => {
  assert.deepEqual(tagSuggestions("OAK, mushroom,", tags).map((tag) => tag.value), ["OAK, mushroom, old oak"]);
});

test("an empty input is offered everything, the most used as the server orders them", () => {
  assert.deepEqual(tagSuggestions("", tags).map((tag) => tag.value), ["oak", "Mushroom", "old oak"]);
});

test("coordinates are read as people type them, and nothing else is", () => {
  assert.equal(parseCoordinate(" 47.5 ", 90), 47.5);
  assert.equal(parseCoordinate("47,5", 90), 47.5);
  assert.equal(parseCoordinate("-.5", 90), -0.5);
  assert.equal(parseCoordinate("180", 180), 180);
  for (const text of ["", "-", "90.1", "1e1", "47.5N", "4 7", "Infinity", "0x10"]) assert.equal(parseCoordinate(text, 90), null);
});

test("each reason for no fix says what to do", () => {
  const texts = [1, 2, 3].map(locateProblem);
  assert.equal(new Set(texts).size, 3);
  for (const text of texts) assert.match(text, /set the position on the map/);
});
