//! `likesctl doctor`: is everything of a stack as it must be, and if not, what is to be done?
//!
//! A module for each check: it asks AWS, and a pure function judges the answer. What is judged does not depend on the
//! stack's settings, or follows from its outputs.

mod account;
mod alarms;
mod api;
mod archive;
mod clock;
mod counting;
mod delivery;
mod diagnosis;
mod finding;
mod functions;
mod mapping;
mod quarantine;
mod services;
mod stream;
mod tables;
mod waiting;

use std::time::Duration;

use diagnosis::{Check, Diagnosis};
use finding::Finding;
use futures::{FutureExt, future::BoxFuture, future::join_all};
use services::Services;
use tokio::time::timeout;

use crate::{target::Target, unread::Unread};

/// How long a check may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What to do about a resource that is not as the Pulumi program deploys it. An update alone compares the program with
/// Pulumi's state, which does not know what was changed by hand:
/// <https://www.pulumi.com/docs/iac/cli/commands/pulumi_up/>.
const REPAIR: &str = "deploy it again: ./justw up NAME --refresh";
/// The same on the local stack.
const REPAIR_LOCAL: &str =
    "start a new stack, without this one's data: ./justw local-down, then ./justw local-up";

/// A check that is being carried out.
type Findings<'a> = BoxFuture<'a, Result<Vec<Finding>, Unread>>;

/// Asks everything at once, and reports all answers.
pub(crate) async fn run(target: &Target) -> Diagnosis {
    let services = Services::of(target.outputs.clone()).await;
    let services = &services;
    let checks: [(&'static str, Findings<'_>); 13] = [
        ("account", account::check(services).boxed()),
        ("clock", clock::check(services).boxed()),
        ("api", api::check(services).boxed()),
        ("functions", functions::check(services).boxed()),
        ("stream", stream::check(services).boxed()),
        ("mapping", mapping::check(services).boxed()),
        ("ledger", tables::check_ledger(services).boxed()),
        ("counts", tables::check_counts(services).boxed()),
        ("counting", counting::check(services).boxed()),
        ("quarantine", quarantine::check(services).boxed()),
        ("firehose", delivery::check(services).boxed()),
        ("archive", archive::check(services).boxed()),
        ("alarms", alarms::check(services).boxed()),
    ];
    let checked = join_all(checks.map(async |(check, findings)| {
        let findings = findings_of(findings, services.repair()).await;
        findings.into_iter().map(move |finding| Check { check, finding })
    }));
    Diagnosis::new(checked.await.into_iter().flatten().collect())
}

/// What a check found, if it could be carried out in time.
async fn findings_of(check: Findings<'_>, repair: &str) -> Vec<Finding> {
    match timeout(TIMEOUT, check).await {
        Ok(Ok(findings)) => findings,
        Ok(Err(unread)) => vec![unread.finding(repair)],
        Err(_) => vec![Finding::not_checked(format!("no answer within {} seconds", TIMEOUT.as_secs()))],
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_check_that_takes_too_long_is_not_carried_out() {
        let found = findings_of(future::pending().boxed(), REPAIR).await;
        assert_eq!(found, [Finding::not_checked("no answer within 30 seconds")]);
    }
}
