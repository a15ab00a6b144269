//! Reads all metrics with one call of `CloudWatch`.

use aws_sdk_cloudwatch::{
    operation::get_metric_data::builders::GetMetricDataFluentBuilder,
    primitives::DateTime,
    types::{self, Dimension, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode},
};
use stack::Outputs;

use super::{
    metric::{METRICS, Metric},
    series::Series,
    services::Services,
    window::Window,
};
use crate::unread::Unread;

/// The series of each metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metrics {
    /// In the order of [`METRICS`].
    series: Vec<Result<Series, Unread>>,
}

pub(super) async fn read(services: &Services, window: Window) -> Result<Metrics, Unread> {
    let mut results: Vec<MetricDataResult> = Vec::new();
    let mut pages = request(services, window).into_paginator().send();
    while let Some(page) = pages.next().await {
        results.extend(page?.metric_data_results.unwrap_or_default());
    }
    Ok(Metrics::of(&services.outputs, window, &results))
}

/// See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>.
fn request(services: &Services, window: Window) -> GetMetricDataFluentBuilder {
    let request = services.cloudwatch.get_metric_data().scan_by(ScanBy::TimestampDescending);
    request
        .start_time(DateTime::from_secs(window.start().as_second()))
        .end_time(DateTime::from_secs(window.end().as_second()))
        .set_metric_data_queries(Some(queries(&services.outputs, window)))
}

/// An id must start with a lowercase letter.
fn id(index: usize) -> String {
    format!("m{index}")
}

fn queries(outputs: &Outputs, window: Window) -> Vec<MetricDataQuery> {
    let known = METRICS.iter().enumerate().filter_map(|(index, metric)| {
        let (name, value) = metric.dimension(outputs)?;
        let dimension = Dimension::builder().name(name).value(value).build();
        let of = types::Metric::builder().namespace(metric.namespace).metric_name(metric.name);
        let of = of.dimensions(dimension).build();
        let stat = MetricStat::builder().metric(of).period(window.period).stat(metric.stat).build();
        Some(MetricDataQuery::builder().id(id(index)).metric_stat(stat).build())
    });
    known.collect()
}

impl Metrics {
    /// The series in the pages of an answer: a metric may be on several, each with a part of its values.
    fn of(outputs: &Outputs, window: Window, results: &[MetricDataResult]) -> Self {
        let series = METRICS.iter().enumerate().map(|(index, metric)| {
            if metric.dimension(outputs).is_none() {
                return Err(Unread::Unknown(
                    "the stack's outputs do not name the API; deploy the stack again to add it".to_owned(),
                ));
            }
            let id = id(index);
            let own = || results.iter().filter(|result| result.id() == Some(&id));
            if let Some(failed) = own().find_map(failure) {
                return Err(Unread::Unknown(failed));
            }
            let points = own().flat_map(|result| result.timestamps().iter().zip(result.values()));
            let points = points.map(|(time, value)| (time.secs(), metric.scale(*value, window.period)));
            Ok(Series::of(window, points))
        });
        Self { series: series.collect() }
    }

    /// The series of the metric with this number in [`METRICS`], if it was read.
    pub(super) fn series(&self, index: usize) -> Option<&Series> {
        self.series.get(index)?.as_ref().ok()
    }

    /// Each metric and its series.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static Metric, &Result<Series, Unread>)> {
        METRICS.iter().zip(&self.series)
    }
}

/// Why `CloudWatch` has not read a metric.
fn failure(result: &MetricDataResult) -> Option<String> {
    let status = result.status_code()?;
    if matches!(status, StatusCode::Complete | StatusCode::PartialData) {
        return None;
    }
    let messages = result.messages().iter().filter_map(|message| message.value());
    Some(std::iter::once(status.as_str()).chain(messages).collect::<Vec<_>>().join(": "))
}

#[cfg(test)]
pub(super) mod tests;
