//! The fault-injecting proxy between the functions and AWS.

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::Stack;

/// The proxy's control API; see the documentation of microburst.
#[derive(Debug)]
pub struct Faults {
    client: Client,
    url: String,
}

impl Faults {
    /// The proxy of a stack.
    ///
    /// # Panics
    /// If the stack has no proxy.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        let url = stack.outputs.faults_url.clone();
        Self {
            client: Client::new(),
            url: url.expect("the stack has a proxy; run this with: ./justw test-faults"),
        }
    }

    /// Injects faults by these rules from now on.
    ///
    /// # Panics
    /// If the proxy does not accept the rules.
    pub async fn inject(&self, rules: &Value) {
        checked(self.client.delete(format!("{}/fired", self.url)).send().await).await;
        checked(self.client.post(format!("{}/rules", self.url)).json(rules).send().await).await;
    }

    /// Injects no more faults. Returns whether any were injected.
    ///
    /// # Panics
    /// If the proxy does not respond.
    pub async fn stop(&self) -> bool {
        checked(self.client.post(format!("{}/rules", self.url)).json(&json!([])).send().await).await;
        let fired = checked(self.client.get(format!("{}/fired?limit=1", self.url)).send().await).await;
        fired.as_array().is_some_and(|fired| !fired.is_empty())
    }
}

async fn checked(response: reqwest::Result<Response>) -> Value {
    let response = response.expect("the proxy responds");
    let status = response.status();
    let body = response.text().await.expect("the proxy's response is complete");
    assert!(status.is_success(), "{status} {body}");
    serde_json::from_str(&body).unwrap_or_default()
}
