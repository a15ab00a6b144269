//! The command line of `likesctl`, as far as it needs no stack.

#![cfg(test)]

mod harness;

use harness::likesctl;
use serde_json::Value;

#[test]
fn a_stack_that_cannot_be_found_is_one_line_and_exit_code_2() {
    let run = likesctl(&["--outputs", "/nowhere/outputs.json", "verify"]);
    assert_eq!(run.code(), Some(2));
    let said = run.stderr();
    assert!(
        said.starts_with("error: the outputs cannot be read: /nowhere/outputs.json cannot be read"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(run.stdout(), "");
}

#[test]
fn with_json_every_error_is_one_object_on_standard_output() {
    for (arguments, error) in [
        (&["--outputs", "/nowhere/outputs.json", "verify"][..], "the outputs cannot be read: "),
        (&["load", "--rate", "0"], "invalid value '0' for '--rate <NUMBER>': "),
        (&["quarantine", "discard"], "the following required arguments were not provided"),
    ] {
        let run = likesctl(&[&["--json"], arguments].concat());
        assert_eq!(run.code(), Some(2), "{arguments:?}");
        let object: Value = run.json();
        let said = object["error"].as_str().unwrap();
        assert!(said.starts_with(error), "{arguments:?}: {said}");
        assert_eq!(run.stderr(), "", "{arguments:?}");
    }
}

#[test]
fn an_argument_that_is_not_allowed_is_rejected_with_what_is() {
    for (arguments, error) in [
        (&["load", "--rate", "0"][..], "0 is not in 1..=100000"),
        (&["load", "--duplicates", "1.5"], "must be a number from 0 to 1"),
        (&["load", "--skew", "NaN"], "must be a number from 0 to 10"),
        (&["load", "--duration", "0s"], "must be longer than 0s and at most 168h"),
        (&["load", "--duration", "169h"], "must be longer than 0s and at most 168h"),
        (&["load", "--max-in-flight", "0"], "0 is not in 1..=100000"),
        (&["load", "--duration", "soon"], "must be a duration, such as 90s, 2m or 1h30m"),
        (&["verify", "--margin=-1s"], "must be a duration, such as 90s, 2m or 1h30m"),
        (&["quarantine", "discard", "--reason", ""], "a value is required for '--reason <TEXT>'"),
        (&["quarantine", "discard"], "<--sequence-number <NUMBER>|--reason <TEXT>|--all>"),
        (&["--stack", "prod", "--outputs", "o.json", "verify"], "cannot be used with"),
    ] {
        let run = likesctl(arguments);
        assert_eq!(run.code(), Some(2), "{arguments:?}");
        assert!(run.stderr().contains(error), "{arguments:?}: {}", run.stderr());
    }
}

#[test]
fn completions_and_the_manual_page_name_every_command() {
    let texts = [likesctl(&["completions", "bash"]), likesctl(&["man"])].map(|run| {
        assert_eq!(run.code(), Some(0));
        run.stdout().to_owned()
    });
    for command in ["doctor", "verify", "rebuild", "backfill", "forget", "quarantine", "load"] {
        assert!(texts.iter().all(|text| text.contains(command)), "{command}");
    }
}
