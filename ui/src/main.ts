/** Starts the page, or shows why it cannot start. */
import "./styles/base.css";
import "./styles/masthead.css";
import "./styles/search.css";
import "./styles/films.css";
import "./styles/pipeline.css";
import "./styles/own.css";
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
        html("p", {}, `The page cannot find the API: ${error.message}.`),
        html(
          "p",
          {},
          "The file is created from a stack's outputs. Deploy the stack, or run ",
          html("code", {}, "./justw ui-config"),
          " and rebuild the page. Then ",
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
