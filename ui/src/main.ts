/** Starts the page, or says why it cannot. */
import "./style.css";
import { ConfigError, loadConfig } from "./config";
import { html } from "./dom";
import { Page } from "./page";

async function start(main: Element): Promise<void> {
  try {
    new Page(await loadConfig()).start(main);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    main.replaceChildren(
      html(
        "div",
        { class: "failure", role: "alert" },
        html("h2", {}, "This page is not configured"),
        html("p", {}, `It does not know where likes go: ${error.message}.`),
        html(
          "p",
          {},
          "The file is made from a stack's outputs: deploy the stack, or run ",
          html("code", {}, "just ui-config"),
          " and build the page again. Then ",
          html("a", { href: "" }, "reload the page"),
          ".",
        ),
      ),
    );
  }
}

const main = document.querySelector("main");
if (main) {
  void start(main);
}
