//! Metrics in `CloudWatch`'s embedded metric format: a function writes a line of JSON for each invocation, and
//! `CloudWatch` extracts the metrics from it.
//!
//! A line's other members are for `CloudWatch Logs Insights` alone. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::{env, io, ops::AddAssign};

use metrique::{
    CloseValue, ServiceMetrics,
    emf::Emf,
    writer::{
        AttachGlobalEntrySinkExt, Entry, EntryIoStream, EntryIoStreamExt, FormatExt, sink::AttachHandle,
    },
};

/// The namespace of the metrics in `CloudWatch`.
pub const NAMESPACE: &str = "Likestream";

/// The dimension of every metric. Its value is the function's name, which is unique in an account and region.
pub const DIMENSION: &str = "FunctionName";

#[derive(Entry)]
struct Dimensions {
    #[entry(name = "FunctionName")]
    function_name: String,
}

/// Writes metrics to standard output until the handle is dropped.
pub fn write() -> AttachHandle {
    let function_name = env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    ServiceMetrics::write_directly_to(to(io::stdout(), function_name))
}

/// Metrics of the function with this name, written to `output`.
fn to(output: impl io::Write + Send + 'static, function_name: String) -> impl EntryIoStream {
    Emf::builder(NAMESPACE.to_owned(), vec![vec![DIMENSION.to_owned()]])
        .build()
        .output_to(output)
        .merge_globals(Dimensions { function_name })
}

/// A number of events, absent from the line if it is 0: `CloudWatch` charges for each metric that has data in a month.
///
/// See <https://aws.amazon.com/cloudwatch/pricing/>.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count(pub usize);

impl AddAssign<usize> for Count {
    fn add_assign(&mut self, number: usize) {
        self.0 = self.0.saturating_add(number);
    }
}

impl CloseValue for Count {
    type Closed = Option<u64>;

    fn close(self) -> Option<u64> {
        (self.0 > 0).then_some(self.0 as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use metrique::{RootEntry, unit, unit_of_work::metrics};
    use serde_json::{Value, json};

    use super::*;

    #[metrics(rename_all = "PascalCase")]
    struct Metrics {
        request_id: &'static str,
        #[metrics(unit = unit::Count)]
        likes: Count,
        #[metrics(unit = unit::Count)]
        none: Count,
    }

    #[test]
    fn a_line_has_the_metrics_of_the_function_in_cloudwatchs_format() {
        let (mut line, output) = io::pipe().unwrap();
        let mut likes = Count::default();
        likes += 2;
        likes += 1;
        let metrics = Metrics { request_id: "r", likes, none: Count::default() };
        to(output, "likes-update".to_owned()).next(&RootEntry::new(metrics.close())).unwrap();

        let mut text = String::new();
        line.read_to_string(&mut text).unwrap();
        assert!(text.ends_with("}\n") && text.lines().count() == 1, "{text}");
        let directive = json!({
            "Namespace": "Likestream",
            "Dimensions": [["FunctionName"]],
            "Metrics": [{"Name": "Likes", "Unit": "Count"}],
        });
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            line,
            json!({
                "_aws": {"CloudWatchMetrics": [directive], "Timestamp": line["_aws"]["Timestamp"]},
                "FunctionName": "likes-update",
                "RequestId": "r",
                "Likes": 3,
            })
        );
    }
}
