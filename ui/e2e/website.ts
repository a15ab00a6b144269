/** Says so if the stack has no web page to test. */
import { outputs } from "./stack";

export default function check(): void {
  if (!outputs.websiteUrl) {
    console.warn("Skipping the tests of the web page: the stack has no website");
  }
}
