/** The command of the recipe `costs`. */
import { estimate } from "./estimate";

estimate(process.argv.slice(2)).then(
  (text) => {
    process.stdout.write(text);
  },
  (error: Error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  },
);
