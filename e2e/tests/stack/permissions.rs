//! Each function has the permissions that it needs and no others.

use aws_sdk_dynamodb::types::TableDescription;
use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;
use aws_sdk_sqs::types::QueueAttributeName;
use e2e::Stack;

/// The ARNs of the resources that functions use.
struct Arns {
    stream: String,
    counts: String,
    ledger: String,
    quarantine: String,
    archive: String,
}

impl Arns {
    async fn of(stack: &Stack) -> Self {
        let outputs = &stack.outputs;
        let stream =
            stack.kinesis.describe_stream_summary().stream_name(&outputs.stream_name).send().await.unwrap();
        let table = async |name: &str| {
            let described = stack.dynamodb.describe_table().table_name(name).send().await.unwrap();
            described.table.and_then(|table: TableDescription| table.table_arn).unwrap()
        };
        let queue = stack
            .sqs
            .get_queue_attributes()
            .queue_url(&outputs.quarantine_queue_url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await
            .unwrap();
        Self {
            stream: stream.stream_description_summary.unwrap().stream_arn,
            counts: table(&outputs.counts_table).await,
            ledger: table(&outputs.ledger_table).await,
            quarantine: queue.attributes.unwrap()[&QueueAttributeName::QueueArn].clone(),
            archive: format!("arn:aws:s3:::{}/likes/x", outputs.archive_bucket),
        }
    }
}

/// IAM's decision on an action by a function's role.
async fn decision(stack: &Stack, function: &str, action: &str, resource: &str) -> Decision {
    let function = stack.lambda.get_function_configuration().function_name(function).send().await.unwrap();
    let simulated = stack
        .iam
        .simulate_principal_policy()
        .policy_source_arn(function.role().unwrap())
        .action_names(action)
        .resource_arns(resource)
        .send()
        .await
        .unwrap();
    simulated.evaluation_results.unwrap()[0].eval_decision.clone()
}

/// Checks that of all actions in the table, a function may perform `needed` and nothing else.
async fn may_only(function: impl Fn(&Stack) -> &str, needed: impl Fn(&Arns) -> Vec<(&'static str, &str)>) {
    let stack = Stack::find().await;
    let arns = Arns::of(&stack).await;
    let allowed = needed(&arns);
    let everything = [
        ("kinesis:PutRecord", arns.stream.as_str()),
        ("kinesis:GetRecords", &arns.stream),
        ("kinesis:DeleteStream", &arns.stream),
        ("dynamodb:PutItem", &arns.ledger),
        ("dynamodb:PutItem", &arns.counts),
        ("dynamodb:UpdateItem", &arns.ledger),
        ("dynamodb:UpdateItem", &arns.counts),
        ("dynamodb:DeleteItem", &arns.ledger),
        ("dynamodb:DeleteItem", &arns.counts),
        ("dynamodb:BatchGetItem", &arns.ledger),
        ("dynamodb:BatchGetItem", &arns.counts),
        ("dynamodb:Scan", &arns.counts),
        ("sqs:SendMessage", &arns.quarantine),
        ("sqs:ReceiveMessage", &arns.quarantine),
        ("s3:GetObject", &arns.archive),
        ("s3:PutObject", &arns.archive),
    ];
    for (action, resource) in everything {
        let expected =
            if allowed.contains(&(action, resource)) { Decision::Allowed } else { Decision::ImplicitDeny };
        let decided = decision(&stack, function(&stack), action, resource).await;
        assert_eq!(decided, expected, "{} on {resource} by {}", action, function(&stack));
    }
}

#[tokio::test]
async fn ingest_like_may_put_records_and_nothing_else() {
    may_only(|stack| &stack.outputs.ingest_function, |arns| vec![("kinesis:PutRecord", &arns.stream)]).await;
}

#[tokio::test]
async fn update_count_may_read_the_stream_and_ledger_write_transactions_and_quarantine_records() {
    may_only(
        |stack| &stack.outputs.update_function,
        |arns| {
            vec![
                ("kinesis:GetRecords", arns.stream.as_str()),
                ("dynamodb:BatchGetItem", &arns.ledger),
                ("dynamodb:PutItem", &arns.ledger),
                ("dynamodb:BatchGetItem", &arns.counts),
                ("dynamodb:UpdateItem", &arns.counts),
                ("dynamodb:DeleteItem", &arns.counts),
                ("sqs:SendMessage", &arns.quarantine),
            ]
        },
    )
    .await;
}

#[tokio::test]
async fn get_likes_may_read_counts_and_nothing_else() {
    may_only(|stack| &stack.outputs.get_function, |arns| vec![("dynamodb:BatchGetItem", &arns.counts)]).await;
}
