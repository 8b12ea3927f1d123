//! The policies of docs/guide/aws.md allow the requests that the commands send, and no other action of RDS.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::rds::{FakeInstance, INSTANCE, Rds};

/// The actions of RDS that the page's policies allow.
fn allowed() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/aws.md");
    let page = fs::read_to_string(path).expect("the page");
    let policies = page
        .split("The `rds` commands:")
        .nth(1)
        .expect("the policy of the commands")
        .split("```json\n")
        .skip(1)
        .take(1)
        .filter_map(|rest| rest.split("```").next())
        .map(|block| serde_json::from_str::<Value>(block).expect(block));
    let mut actions = BTreeSet::new();
    for policy in policies {
        for statement in policy["Statement"].as_array().expect("statements") {
            let listed = match &statement["Action"] {
                Value::Array(listed) => listed.clone(),
                one => vec![one.clone()],
            };
            let names = listed.iter().filter_map(Value::as_str);
            actions.extend(
                names
                    .filter(|name| name.starts_with("rds:"))
                    .map(str::to_owned),
            );
        }
    }
    actions
}

#[tokio::test]
async fn the_documented_policy_allows_exactly_the_requests_of_the_rds_commands() {
    let rds = Rds::start().await;
    for arguments in [
        &["create"][..],
        &["status"],
        &["stop"],
        &["start"],
        &["reset-password"],
    ] {
        let output = rds.run(arguments).await;
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
    }
    rds.state().instance = Some(FakeInstance {
        protected: false,
        ..FakeInstance::safe()
    });
    let output = rds.run(&["delete", "--confirm", INSTANCE]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    let state = rds.state();
    let sent: BTreeSet<String> = state
        .requests
        .iter()
        .map(|fields| format!("rds:{}", fields["Action"]))
        // A final snapshot is a resource of DeleteDBInstance with a permission of its own.
        .chain(["rds:CreateDBSnapshot".to_owned()])
        .collect();
    assert_eq!(allowed(), sent);
}
