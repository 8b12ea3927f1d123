//! The fake of the Cognito API: `GetUser` and `ListUsers`.

use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method};
use wiremock::{Mock, Request, ResponseTemplate};

use super::Issuer;

const GET_USER: &str = "AWSCognitoIdentityProviderService.GetUser";
const LIST_USERS: &str = "AWSCognitoIdentityProviderService.ListUsers";

impl Issuer {
    /// Makes `GetUser` with this token return these attributes.
    pub async fn set_user_attributes(&self, token: &str, attributes: &[(&str, &str)]) {
        let answer = json!({
            "Username": "user",
            "UserAttributes": named_values(attributes),
        });
        Mock::given(method("POST"))
            .and(header("x-amz-target", GET_USER))
            .and(body_json(json!({ "AccessToken": token })))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(self.server())
            .await;
    }

    /// The number of `GetUser` requests.
    pub async fn get_user_requests(&self) -> usize {
        let is_get_user = |request: &Request| {
            let target = request.headers.get("x-amz-target");
            target.is_some_and(|target| target == GET_USER)
        };
        self.requests(is_get_user).await
    }

    /// Makes `ListUsers` refuse.
    pub async fn refuse_to_list(&self) {
        Mock::given(method("POST"))
            .and(header("x-amz-target", LIST_USERS))
            .respond_with(refusal())
            .mount(self.server())
            .await;
    }

    /// Makes `ListUsers` return these pages to signed requests.
    pub async fn list(&self, pages: Vec<Vec<Value>>) {
        let answer = move |request: &Request| {
            let body: Value = request.body_json().unwrap_or_default();
            let is_signed = request.headers.contains_key("authorization");
            if !is_signed || body["UserPoolId"] != Self::POOL {
                return refusal();
            }
            let page = body["PaginationToken"].as_str();
            let page: usize = page.map_or(0, |page| page.parse().expect("a token of this fake"));
            let mut answer = json!({ "Users": pages[page] });
            if page + 1 < pages.len() {
                answer["PaginationToken"] = json!((page + 1).to_string());
            }
            ResponseTemplate::new(200).set_body_json(answer)
        };
        Mock::given(method("POST"))
            .and(header("x-amz-target", LIST_USERS))
            .respond_with(answer)
            .mount(self.server())
            .await;
    }
}

/// A user in the form of `ListUsers`.
pub fn listed(status: &str, attributes: &[(&str, &str)]) -> Value {
    json!({
        "Username": "user",
        "Enabled": true,
        "UserStatus": status,
        "Attributes": named_values(attributes),
    })
}

fn refusal() -> ResponseTemplate {
    let refusal = json!({ "__type": "AccessDeniedException", "message": "not authorized" });
    ResponseTemplate::new(400).set_body_json(refusal)
}

fn named_values(attributes: &[(&str, &str)]) -> Vec<Value> {
    let named_values = attributes
        .iter()
        .map(|(name, value)| json!({ "Name": name, "Value": value }));
    named_values.collect()
}
