import { beforeEach, expect, test } from "vitest";
import { migrate } from "./migration";

beforeEach(() => {
  localStorage.clear();
});

test("likes stored under the URL of an API are moved to the stack once", () => {
  localStorage.setItem("likestream https://old.example/v1 1", "one");
  localStorage.setItem("likestream http://127.0.0.1:4566/x 2", "two");
  localStorage.setItem("likestream prod 3", "three");
  localStorage.setItem("likestream-user https://old.example/v1", "ann");
  migrate(() => localStorage, "dev");
  migrate(() => localStorage, "other");
  expect({ ...localStorage }).toEqual({
    "likestream dev 1": "one",
    "likestream dev 2": "two",
    "likestream prod 3": "three",
    "likestream-user https://old.example/v1": "ann",
  });
});

test("a storage that is forbidden does not stop the page", () => {
  const forbidden = () => {
    throw new DOMException("no", "SecurityError");
  };
  expect(() => migrate(forbidden, "dev")).not.toThrow();
});
