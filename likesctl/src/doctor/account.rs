//! Whose credentials are these?

use super::{finding::Finding, services::Services};
use crate::unread::Unread;

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let actual = services.sts.get_caller_identity().send().await?.account.unwrap_or_default();
    Ok(vec![judge(&actual, services.outputs.account(), &services.outputs.region)])
}

/// In another account, what has the same name is not this stack's.
fn judge(actual: &str, expected: Option<&str>, region: &str) -> Finding {
    match expected {
        Some(expected) if expected != actual => Finding::problem(
            format!("the credentials belong to the account {actual}, but the stack is in {expected}"),
            format!("use credentials of the account {expected}"),
        ),
        _ => Finding::ok(format!("{actual}, region {region}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credentials_belong_to_the_stacks_account() {
        let ok = Finding::ok("123456789012, region eu-west-1");
        assert_eq!(judge("123456789012", Some("123456789012"), "eu-west-1"), ok);
        assert_eq!(judge("123456789012", None, "eu-west-1"), ok);
        let other = Finding::problem(
            "the credentials belong to the account 210987654321, but the stack is in 123456789012",
            "use credentials of the account 123456789012",
        );
        assert_eq!(judge("210987654321", Some("123456789012"), "eu-west-1"), other);
    }
}
