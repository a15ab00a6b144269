//! Can the functions run?

use aws_sdk_lambda::types::{FunctionConfiguration, LastUpdateStatus, State};
use futures::future::try_join_all;

use super::{
    finding::{Finding, or_ok},
    services::Services,
};
use crate::unread::Unread;

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let outputs = &services.outputs;
    let names = [&outputs.ingest_function, &outputs.update_function, &outputs.get_function];
    let judged = try_join_all(names.map(async |name| {
        let answer = services.lambda.get_function().function_name(name).send().await?;
        let reserved = answer.concurrency.and_then(|concurrency| concurrency.reserved_concurrent_executions);
        let function = answer.configuration.unwrap_or_else(|| FunctionConfiguration::builder().build());
        Ok::<_, Unread>(judge(name, &function, reserved, services.repair()))
    }));
    let wrong = judged.await?.into_iter().flatten().collect();
    Ok(or_ok(wrong, || format!("{}, {} and {} are active", names[0], names[1], names[2])))
}

/// What is wrong with a function.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html> and
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>.
fn judge(
    name: &str,
    function: &FunctionConfiguration,
    reserved: Option<i32>,
    repair: &str,
) -> Option<Finding> {
    if reserved == Some(0) {
        return Some(Finding::problem(format!("{name} is throttled: its reserved concurrency is 0"), repair));
    }
    let because = |reason: Option<&str>| reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let state = function.state.as_ref();
    match (state, function.last_update_status.as_ref()) {
        (Some(State::Pending), _) | (Some(State::Active), Some(LastUpdateStatus::InProgress)) => {
            Some(Finding::warning(format!("{name} is being updated"), "run this again in a minute"))
        }
        (Some(State::Active), Some(LastUpdateStatus::Failed)) => {
            let reason = because(function.last_update_status_reason());
            Some(Finding::problem(format!("the last update of {name} failed{reason}"), repair))
        }
        // An invocation wakes a function that Lambda has put to rest, and the first one may fail.
        (Some(State::Inactive), _) => Some(Finding::warning(
            format!("{name} is inactive, because it was idle for weeks"),
            "run this again in a minute; the next invocation activates it",
        )),
        (Some(State::Active), _) => None,
        (state, _) => {
            let state = state.map_or("in no known state", State::as_str);
            let reason = because(function.state_reason());
            Some(Finding::problem(format!("{name} is {state}{reason}"), repair))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(state: State, update: LastUpdateStatus, reserved: Option<i32>) -> Option<Finding> {
        let function = FunctionConfiguration::builder().state(state).last_update_status(update);
        let function = function.state_reason("a reason").last_update_status_reason("no code").build();
        judge("likes-update", &function, reserved, "deploy")
    }

    #[test]
    fn a_function_must_be_active_and_updated_and_must_not_be_throttled() {
        use LastUpdateStatus::{Failed, InProgress, Successful};
        assert_eq!(judged(State::Active, Successful, None), None);
        assert_eq!(judged(State::Active, Successful, Some(10)), None);
        let problem = |found: &str| Some(Finding::problem(found, "deploy"));
        let throttled = problem("likes-update is throttled: its reserved concurrency is 0");
        assert_eq!(judged(State::Active, Successful, Some(0)), throttled);
        let failed = problem("the last update of likes-update failed: no code");
        assert_eq!(judged(State::Active, Failed, None), failed);
        assert_eq!(judged(State::Failed, Failed, None), problem("likes-update is Failed: a reason"));
        for (state, update, found) in [
            (State::Pending, InProgress, "likes-update is being updated"),
            (State::Active, InProgress, "likes-update is being updated"),
            (State::Inactive, Successful, "likes-update is inactive, because it was idle for weeks"),
        ] {
            let finding = judged(state, update, None).unwrap();
            assert_eq!(
                (finding.status, finding.found.as_str()),
                (crate::doctor::finding::Status::Warning, found)
            );
        }
    }
}
