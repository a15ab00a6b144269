use super::*;
use crate::top::sample::tests::{denied, healthy, stalled};

fn once(sample: Sample) -> Once {
    Once { stack: "prod".into(), region: "eu-west-1".into(), sample }
}

fn json(sample: Sample) -> Value {
    serde_json::to_value(once(sample)).unwrap()
}

#[test]
fn a_person_reads_every_figure_with_its_time() {
    let actual = once(stalled()).to_string();
    assert_eq!(actual, include_str!("stalled.txt"), "printed:\n{actual}");
}

#[test]
fn a_script_reads_figures_with_their_units_and_times() {
    let report = json(healthy());
    assert_eq!(report["at"], "2026-11-24T14:35:02Z");
    assert_eq!(report["periodSeconds"], 60);
    assert_eq!(
        [&report["windowStart"], &report["windowEnd"]],
        ["2026-11-24T14:05:00Z", "2026-11-24T14:35:00Z"]
    );
    let accepted = &report["api"]["acceptedPerSecond"];
    assert_eq!(accepted["latest"], json!({"at": "2026-11-24T14:33:00Z", "value": 28.0}));
    let values = accepted["values"].as_array().unwrap();
    assert_eq!(values.len(), 30);
    assert_eq!([&values[9], &values[10], &values[29]], [&Value::Null, &json!(10.0), &Value::Null]);
    assert_eq!(report["stream"]["openShards"], 4);
    assert_eq!(report["counting"]["mappingState"], "Enabled");
    assert_eq!(report["archive"]["newestObjectAt"], "2026-11-24T14:34:20Z");
    assert_eq!(report["quarantine"]["messages"], 0);
    assert_eq!(report["alarms"], json!({"number": 2, "on": []}));
    assert_eq!(report["unread"], json!([]));
}

#[test]
fn a_script_reads_alarms_and_errors() {
    let report = json(stalled());
    let alarm = &report["alarms"]["on"][0];
    assert_eq!(alarm["name"], "likes-prod-counting-late");
    assert_eq!(alarm["since"], "2026-11-24T14:15:02Z");
    assert_eq!(
        report["errors"],
        json!({"since": "2026-11-24T14:05:00Z", "complete": false, "latest": [{
            "at": "2026-11-24T14:32:02Z", "function": "UpdateCount", "level": "warning",
            "message": "transactions failed", "details": "movie=tt1\u{1b}[2J attempts=9",
        }]})
    );
    assert_eq!(report["counting"]["countedPerSecond"]["latest"]["value"], 0.0);
    assert_eq!(report["counting"]["lagP99Milliseconds"]["latest"], Value::Null);
    assert_eq!(report["quarantine"]["oldestMessageSeconds"]["latest"]["value"], 7200.0);
}

#[test]
fn every_metric_is_in_the_report() {
    let report = json(healthy());
    let parts =
        ["api", "stream", "counting", "archive", "quarantine"].map(|part| report[part].as_object().unwrap());
    for metric in &super::super::metric::METRICS {
        let holders = parts.iter().filter(|part| part.contains_key(metric.key)).count();
        assert_eq!(holders, 1, "{}", metric.key);
    }
}

#[test]
fn what_is_not_read_is_null_and_fails_while_a_fault_does_not() {
    assert_eq!(once(healthy()).exit(), Exit::Fine);
    assert_eq!(once(stalled()).exit(), Exit::Fine);
    assert_eq!(once(denied()).exit(), Exit::Failed);
    let report = json(denied());
    assert_eq!([&report["api"]["acceptedPerSecond"], &report["stream"]["openShards"]], [&Value::Null; 2]);
    assert_eq!(report["alarms"], Value::Null);
    let reason = "AccessDenied: not authorized to perform: cloudwatch:DescribeAlarms";
    assert_eq!(report["unread"][2], json!({"source": "alarms", "reason": reason}));
    assert_eq!(report["quarantine"]["messages"], 0);
}
