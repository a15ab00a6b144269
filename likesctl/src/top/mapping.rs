//! The event source mapping, which feeds the stream to `UpdateCount`.

use aws_sdk_lambda::types::EventSourceMappingConfiguration;

use super::services::Services;
use crate::unread::Unread;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mapping {
    /// A process of the local stack does the work of Lambda's mapping, which the emulator keeps disabled.
    LocalProcess,
    /// Lambda's, in this state, such as `Enabled`.
    Lambda(String),
    /// None reads the stream: nothing is counted.
    Missing,
}

/// What a mapping is if all is well.
const ENABLED: &str = "Enabled";

impl Mapping {
    pub(super) fn is_fine(&self) -> bool {
        match self {
            Self::LocalProcess => true,
            Self::Lambda(state) => state == ENABLED,
            Self::Missing => false,
        }
    }
}

/// See <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>.
pub(super) async fn read(services: &Services) -> Result<Mapping, Unread> {
    if services.is_local {
        return Ok(Mapping::LocalProcess);
    }
    let outputs = &services.outputs;
    let listed = services.lambda.list_event_source_mappings().function_name(&outputs.update_function);
    let mappings = listed.into_paginator().items().send().try_collect().await?;
    Ok(Mapping::of(mappings, &outputs.stream_name))
}

impl Mapping {
    /// The one of a function's mappings that reads the stream with this name.
    fn of(mappings: Vec<EventSourceMappingConfiguration>, stream: &str) -> Self {
        let stream = format!(":stream/{stream}");
        let reads = |mapping: &EventSourceMappingConfiguration| {
            mapping.event_source_arn().is_some_and(|arn| arn.ends_with(&stream))
        };
        let state = mappings.into_iter().find(reads).and_then(|mapping| mapping.state);
        state.map_or(Self::Missing, Self::Lambda)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapping_of_the_stream_is_found_among_others() {
        let mapping = |stream: &str, state: &str| {
            let arn = format!("arn:aws:kinesis:eu-west-1:1:stream/{stream}");
            EventSourceMappingConfiguration::builder().event_source_arn(arn).state(state).build()
        };
        let [other, own] = [mapping("other-likes", "Enabled"), mapping("likes", "Disabled")];
        assert_eq!(Mapping::of(vec![other.clone(), own], "likes"), Mapping::Lambda("Disabled".into()));
        assert_eq!(Mapping::of(vec![other], "likes"), Mapping::Missing);
    }
}
