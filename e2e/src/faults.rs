//! The proxy between the functions and AWS, and its rules of what goes wrong.

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::Stack;

/// The rules of the proxy; see the documentation of microburst.
#[derive(Debug)]
pub struct Faults {
    client: Client,
    url: String,
}

impl Faults {
    /// The proxy of a stack.
    ///
    /// # Panics
    /// If the stack has none.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        let url = stack.outputs.faults_url.clone();
        Self {
            client: Client::new(),
            url: url.expect("the stack has a proxy; run this with: just test-faults"),
        }
    }

    /// Lets these things go wrong from now on.
    ///
    /// # Panics
    /// If the proxy does not take the rules.
    pub async fn begin(&self, rules: &Value) {
        checked(self.client.delete(format!("{}/fired", self.url)).send().await).await;
        checked(self.client.post(format!("{}/rules", self.url)).json(rules).send().await).await;
    }

    /// Lets nothing go wrong from now on, and says whether anything did.
    ///
    /// # Panics
    /// If the proxy does not answer.
    pub async fn end(&self) -> bool {
        checked(self.client.post(format!("{}/rules", self.url)).json(&json!([])).send().await).await;
        let fired = checked(self.client.get(format!("{}/fired?limit=1", self.url)).send().await).await;
        fired.as_array().is_some_and(|fired| !fired.is_empty())
    }
}

async fn checked(response: reqwest::Result<Response>) -> Value {
    let response = response.expect("the proxy answers");
    let status = response.status();
    let body = response.text().await.expect("the proxy answers in full");
    assert!(status.is_success(), "{status} {body}");
    serde_json::from_str(&body).unwrap_or_default()
}
