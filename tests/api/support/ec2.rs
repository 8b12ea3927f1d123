//! A fake of the EC2 API for security-group rules on loopback: it reads form fields and returns XML.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub const GROUP: &str = "sg-0123456789abcdef0";
pub const RULE: &str = "sgr-0123456789abcdef0";

/// A request's form fields.
pub type Fields = HashMap<String, String>;

#[derive(Debug, Clone)]
pub struct FakeRule {
    pub id: String,
    pub group: String,
    pub outbound: bool,
    pub protocol: String,
    pub port: u16,
    pub cidr: String,
    pub description: String,
}

impl FakeRule {
    pub fn admitting(cidr: &str) -> Self {
        Self {
            id: RULE.to_owned(),
            group: GROUP.to_owned(),
            outbound: false,
            protocol: "tcp".to_owned(),
            port: 5432,
            cidr: cidr.to_owned(),
            description: "GITPOD".to_owned(),
        }
    }

    fn xml(&self) -> String {
        format!(
            "<item><securityGroupRuleId>{}</securityGroupRuleId><groupId>{}</groupId>\
             <groupOwnerId>123456789012</groupOwnerId><isEgress>{}</isEgress>\
             <ipProtocol>{}</ipProtocol><fromPort>{port}</fromPort><toPort>{port}</toPort>\
             <cidrIpv4>{}</cidrIpv4><description>{}</description></item>",
            self.id,
            self.group,
            self.outbound,
            self.protocol,
            self.cidr,
            self.description,
            port = self.port
        )
    }
}

/// A fault of the next `times` requests of an action.
#[derive(Debug, Clone)]
pub struct Fault {
    pub action: &'static str,
    pub times: u32,
    pub kind: FaultKind,
}

#[derive(Debug, Clone)]
pub enum FaultKind {
    Refuse(&'static str),
    Hang,
    /// Reports success and changes nothing.
    Forget,
}

pub const FOR_EVER: u32 = u32::MAX;

#[derive(Debug, Default)]
pub struct Ec2State {
    pub rules: Vec<FakeRule>,
    pub faults: Vec<Fault>,
    pub requests: Vec<Fields>,
}

pub struct Ec2 {
    server: MockServer,
    state: Arc<Mutex<Ec2State>>,
}

impl Ec2 {
    pub async fn start(rules: Vec<FakeRule>) -> Self {
        let state = Arc::new(Mutex::new(Ec2State {
            rules,
            ..Ec2State::default()
        }));
        let server = MockServer::start().await;
        let responder = Responder(state.clone());
        Mock::given(any())
            .respond_with(responder)
            .mount(&server)
            .await;
        Self { server, state }
    }

    pub async fn with_rule(cidr: &str) -> Self {
        Self::start(vec![FakeRule::admitting(cidr)]).await
    }

    pub fn state(&self) -> MutexGuard<'_, Ec2State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn fail(&self, action: &'static str, times: u32, kind: FaultKind) {
        self.state().faults.push(Fault {
            action,
            times,
            kind,
        });
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// The addresses that the rule admits.
    pub fn admitted(&self) -> String {
        self.state().rules[0].cidr.clone()
    }

    /// The requests of one action.
    pub fn requests(&self, action: &str) -> Vec<Fields> {
        let state = self.state();
        let requests = state.requests.iter();
        requests
            .filter(|fields| fields["Action"] == action)
            .cloned()
            .collect()
    }

    /// The settings with which `cruddur` uses this fake and the rule.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let text = |text: &str| text.to_owned();
        vec![
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", text("us-east-1")),
            ("AWS_ACCESS_KEY_ID", text("AKIAIOSFODNN7EXAMPLE")),
            (
                "AWS_SECRET_ACCESS_KEY",
                text("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ),
            ("DB_SG_ID", text(GROUP)),
            ("DB_SG_RULE_ID", text(RULE)),
        ]
    }
}

struct Responder(Arc<Mutex<Ec2State>>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let fields: Fields = form_urlencoded::parse(&request.body).into_owned().collect();
        let action = fields["Action"].clone();
        assert_eq!(fields["Version"], "2016-11-15");
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(fields.clone());
        let fault = state
            .faults
            .iter_mut()
            .find(|fault| fault.action == action && fault.times > 0)
            .map(|fault| {
                fault.times -= 1;
                fault.kind.clone()
            });
        match (fault, action.as_str()) {
            (Some(FaultKind::Refuse(code)), _) => refusal(code),
            (Some(FaultKind::Hang), _) => {
                ResponseTemplate::new(200).set_delay(Duration::from_secs(30))
            }
            (Some(FaultKind::Forget), _) => done(&action),
            (None, "DescribeSecurityGroupRules") => state.describe(&fields),
            (None, "ModifySecurityGroupRules") => state.modify(&fields),
            (None, "RevokeSecurityGroupIngress") => state.revoke(&fields),
            (None, other) => panic!("the fake does not know the action {other}"),
        }
    }
}

impl Ec2State {
    fn describe(&self, fields: &Fields) -> ResponseTemplate {
        let items: String = match (
            fields.get("SecurityGroupRuleId.1"),
            fields.get("Filter.1.Value.1"),
        ) {
            (Some(id), None) => {
                let found = self.rules.iter().find(|rule| rule.id == *id);
                let Some(rule) = found else {
                    return refusal("InvalidSecurityGroupRuleId.NotFound");
                };
                rule.xml()
            }
            (None, Some(group)) => {
                let of_group = self.rules.iter().filter(|rule| rule.group == *group);
                of_group.map(FakeRule::xml).collect()
            }
            _ => panic!("the fake does not know the parameters {fields:?}"),
        };
        xml(
            200,
            &format!(
                "<DescribeSecurityGroupRulesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
                 <requestId>r</requestId><securityGroupRuleSet>{items}</securityGroupRuleSet>\
                 </DescribeSecurityGroupRulesResponse>"
            ),
        )
    }

    fn modify(&mut self, fields: &Fields) -> ResponseTemplate {
        let field = |name: &str| fields[&format!("SecurityGroupRule.1.{name}")].clone();
        let wanted = |name: &str| field(&format!("SecurityGroupRule.{name}"));
        let id = field("SecurityGroupRuleId");
        let new = FakeRule {
            id: id.clone(),
            group: fields["GroupId"].clone(),
            outbound: false,
            protocol: wanted("IpProtocol"),
            port: wanted("FromPort").parse().expect("a port"),
            cidr: wanted("CidrIpv4"),
            description: wanted("Description"),
        };
        assert_eq!(wanted("FromPort"), wanted("ToPort"));
        if fields
            .get("DryRun")
            .is_some_and(|dry_run| dry_run == "true")
        {
            return refusal("DryRunOperation");
        }
        let is_same = |rule: &FakeRule| rule.cidr == new.cidr && rule.port == new.port;
        if self.rules.iter().any(is_same) {
            return refusal("InvalidPermission.Duplicate");
        }
        match self.rules.iter_mut().find(|rule| rule.id == id) {
            Some(rule) => *rule = new,
            None => return refusal("InvalidSecurityGroupRuleId.NotFound"),
        }
        done("ModifySecurityGroupRules")
    }

    fn revoke(&mut self, fields: &Fields) -> ResponseTemplate {
        let id = &fields["SecurityGroupRuleId.1"];
        self.rules.retain(|rule| rule.id != *id);
        done("RevokeSecurityGroupIngress")
    }
}

fn done(action: &str) -> ResponseTemplate {
    xml(
        200,
        &format!(
            "<{action}Response><requestId>r</requestId><return>true</return></{action}Response>"
        ),
    )
}

fn refusal(code: &str) -> ResponseTemplate {
    let status = match code {
        "RequestLimitExceeded" => 503,
        "UnauthorizedOperation" => 403,
        "DryRunOperation" => 412,
        _ => 400,
    };
    xml(
        status,
        &format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>AWS says {code}.</Message></Error>\
             </Errors><RequestID>r</RequestID></Response>"
        ),
    )
}

fn xml(status: u16, body: &str) -> ResponseTemplate {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    ResponseTemplate::new(status).set_body_raw(body, "text/xml;charset=UTF-8")
}
