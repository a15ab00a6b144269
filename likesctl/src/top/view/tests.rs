use super::*;
use crate::top::sample::tests::{NOW, denied, healthy, stalled};

fn row(sample: &Sample, panel: usize, label: &str) -> Row {
    let view = View::of(sample, "prod", "eu-west-1");
    let row = view.panels[panel].rows.iter().find(|row| row.label == label);
    row.unwrap_or_else(|| panic!("{label} is not in {view:?}")).clone()
}

#[test]
fn a_figure_is_the_latest_with_the_minute_that_it_is_of() {
    let Content::Figure { value, at, highest, values } = row(&healthy(), 0, "accepted").content else {
        panic!("is no figure")
    };
    assert_eq!([value.as_str(), &at, &highest], ["28.0/s", "14:33", "28.0/s"]);
    assert_eq!((values.len(), values[29]), (30, None));
    assert_eq!(row(&stalled(), 0, "accepted").content, Content::NoData);
}

#[test]
fn what_an_alarm_watches_is_bad_beyond_its_threshold() {
    let bad = |sample: &Sample| {
        let view = View::of(sample, "prod", "eu-west-1");
        let rows = view.panels.into_iter().flat_map(|panel| panel.rows);
        rows.filter(|row| row.is_bad).map(|row| row.label).collect::<Vec<_>>()
    };
    assert_eq!(bad(&healthy()), [""; 0]);
    assert_eq!(bad(&stalled()), ["read age", "mapping", "quarantine", "unfinished"]);
    let mut deleting = healthy();
    deleting.stream.as_mut().unwrap().status = "DELETING".into();
    assert_eq!(bad(&deleting), ["shards"]);
    let missing = Sample { mapping: Ok(Mapping::Missing), ..healthy() };
    assert_eq!(bad(&missing), ["mapping"]);
    let local = Sample { mapping: Ok(Mapping::LocalProcess), ..healthy() };
    assert_eq!(bad(&local), [""; 0]);
}

#[test]
fn the_quarantine_tells_what_waits_and_for_how_long() {
    let fact = |sample: &Sample| row(sample, 2, "quarantine").content;
    assert_eq!(fact(&healthy()), Content::Fact("empty".into()));
    assert_eq!(fact(&stalled()), Content::Fact("2 messages, oldest 2 h, 1 in flight".into()));
    let unknown_age = Sample { metrics: denied().metrics, ..stalled() };
    assert_eq!(fact(&unknown_age), Content::Fact("2 messages, 1 in flight".into()));
}

#[test]
fn a_part_that_may_not_be_read_says_why_once_and_the_others_go_on() {
    let view = View::of(&denied(), "prod", "eu-west-1");
    let why = "AccessDenied: not authorized to perform: cloudwatch:GetMetricData";
    assert_eq!(view.panels[0].rows, [unread("metrics", &Unread::Unknown(why.into()))]);
    assert_eq!(row(&denied(), 3, "new object").content, Content::Fact("42 s ago".into()));
    assert_eq!(view.alarms.title, "Alarms: not read");
    assert_eq!(view.errors.title, "Last errors: none since 14:05");
}

#[test]
fn text_from_a_log_cannot_control_a_terminal() {
    let view = View::of(&stalled(), "prod", "eu-west-1");
    let text = r"14:32:02 UpdateCount warning: transactions failed movie=tt1\u{1b}[2J attempts=9";
    assert_eq!(view.errors.lines, [Notice { text: text.into(), is_bad: false }]);
    assert_eq!(view.errors.title, "Last errors since 14:05; not all lines were searched");
    assert_eq!(view.at, NOW);
}
