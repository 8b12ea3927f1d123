//! A fake of the EC2 API for security-group rules on loopback: it reads form fields and returns XML.

use std::collections::{BTreeSet, HashMap};
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
    /// The first and the last port where they differ from `port`.
    pub ports: Option<(i32, i32)>,
    /// The source: a range of IPv4 or IPv6, the id of a prefix list or of a security group.
    pub cidr: String,
    pub description: String,
    /// Keys and values.
    pub tags: Vec<(String, String)>,
}

impl FakeRule {
    pub fn admitting(cidr: &str) -> Self {
        Self {
            id: RULE.to_owned(),
            group: GROUP.to_owned(),
            outbound: false,
            protocol: "tcp".to_owned(),
            port: 5432,
            ports: None,
            cidr: cidr.to_owned(),
            description: "GITPOD".to_owned(),
            tags: Vec::new(),
        }
    }

    /// A rule that a workspace has made for itself, with this lease.
    pub fn owned(id: &str, cidr: &str, owner: &str, lease: &str) -> Self {
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        Self {
            id: id.to_owned(),
            tags: vec![tag("cruddur:owner", owner), tag("cruddur:lease", lease)],
            ..Self::admitting(cidr)
        }
    }

    pub fn tag(&self, key: &str) -> Option<&str> {
        let tag = self.tags.iter().find(|(name, _)| name == key);
        tag.map(|(_, value)| value.as_str())
    }

    fn set_tag(&mut self, key: &str, value: &str) {
        self.tags.retain(|(name, _)| name != key);
        self.tags.push((key.to_owned(), value.to_owned()));
    }

    fn xml(&self) -> String {
        let port = i32::from(self.port);
        let (from, to) = self.ports.unwrap_or((port, port));
        let source = match &self.cidr {
            list if list.starts_with("pl-") => format!("<prefixListId>{list}</prefixListId>"),
            group if group.starts_with("sg-") => {
                format!("<referencedGroupInfo><groupId>{group}</groupId></referencedGroupInfo>")
            }
            range if range.contains(':') => format!("<cidrIpv6>{range}</cidrIpv6>"),
            range => format!("<cidrIpv4>{range}</cidrIpv4>"),
        };
        let tags: String = self
            .tags
            .iter()
            .map(|(key, value)| format!("<item><key>{key}</key><value>{value}</value></item>"))
            .collect();
        format!(
            "<item><securityGroupRuleId>{}</securityGroupRuleId><groupId>{}</groupId>\
             <groupOwnerId>123456789012</groupOwnerId><isEgress>{}</isEgress>\
             <ipProtocol>{}</ipProtocol><fromPort>{from}</fromPort><toPort>{to}</toPort>\
             {source}<description>{}</description><tagSet>{tags}</tagSet></item>",
            self.id, self.group, self.outbound, self.protocol, self.description,
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
    /// The number of rules that requests have asked for.
    made: u32,
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

    /// The rule with this id, if it exists.
    pub fn rule(&self, id: &str) -> Option<FakeRule> {
        let state = self.state();
        state.rules.iter().find(|rule| rule.id == id).cloned()
    }

    /// The ranges of all rules, sorted.
    pub fn ranges(&self) -> Vec<String> {
        let mut ranges: Vec<String> = self.state().rules.iter().map(|r| r.cidr.clone()).collect();
        ranges.sort();
        ranges
    }

    /// The names of the actions that were requested, without those that a dry run had EC2 check.
    pub fn actions(&self) -> BTreeSet<String> {
        let state = self.state();
        let requests = state.requests.iter();
        requests
            .map(|fields| format!("ec2:{}", fields["Action"]))
            .collect()
    }

    /// The settings of a workspace that makes a rule of its own.
    pub fn settings_of(&self, workspace: &str) -> Vec<(&'static str, String)> {
        let mut settings = self.settings();
        settings.retain(|(name, _)| *name != "DB_SG_RULE_ID");
        settings.push(("GITPOD_WORKSPACE_ID", workspace.to_owned()));
        settings
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
            (None, "AuthorizeSecurityGroupIngress") => state.authorize(&fields),
            (None, "CreateTags") => state.tag(&fields),
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
        let range =
            |name: &str| fields.get(&format!("SecurityGroupRule.1.SecurityGroupRule.{name}"));
        let id = field("SecurityGroupRuleId");
        let old = self.rules.iter().find(|rule| rule.id == id);
        let new = FakeRule {
            id: id.clone(),
            group: fields["GroupId"].clone(),
            outbound: false,
            protocol: wanted("IpProtocol"),
            port: wanted("FromPort").parse().expect("a port"),
            ports: None,
            cidr: range("CidrIpv4")
                .or(range("CidrIpv6"))
                .expect("a range")
                .clone(),
            description: wanted("Description"),
            tags: old.map(|old| old.tags.clone()).unwrap_or_default(),
        };
        assert_eq!(wanted("FromPort"), wanted("ToPort"));
        if is_dry_run(fields) {
            return refusal("DryRunOperation");
        }
        if self.has_same(&new) {
            return refusal("InvalidPermission.Duplicate");
        }
        match self.rules.iter_mut().find(|rule| rule.id == id) {
            Some(rule) => *rule = new,
            None => return refusal("InvalidSecurityGroupRuleId.NotFound"),
        }
        done("ModifySecurityGroupRules")
    }

    fn has_same(&self, new: &FakeRule) -> bool {
        let values = |rule: &FakeRule| (rule.cidr.clone(), rule.port, rule.protocol.clone());
        let is_same = |rule: &FakeRule| values(rule) == values(new);
        self.rules.iter().any(is_same)
    }

    fn authorize(&mut self, fields: &Fields) -> ResponseTemplate {
        let wanted = |name: &str| fields[&format!("IpPermissions.1.{name}")].clone();
        let (range, description) = match fields.get("IpPermissions.1.IpRanges.1.CidrIp") {
            Some(range) => (range.clone(), wanted("IpRanges.1.Description")),
            None => (
                wanted("Ipv6Ranges.1.CidrIpv6"),
                wanted("Ipv6Ranges.1.Description"),
            ),
        };
        assert_eq!(wanted("FromPort"), wanted("ToPort"));
        assert_eq!(
            fields["TagSpecification.1.ResourceType"],
            "security-group-rule"
        );
        self.made += 1;
        let mut new = FakeRule {
            id: format!("sgr-made{}", self.made),
            group: fields["GroupId"].clone(),
            protocol: wanted("IpProtocol"),
            port: wanted("FromPort").parse().expect("a port"),
            description,
            ..FakeRule::admitting(&range)
        };
        set_tags(&mut new, fields, "TagSpecification.1.Tag");
        if is_dry_run(fields) {
            return refusal("DryRunOperation");
        }
        if self.has_same(&new) {
            return refusal("InvalidPermission.Duplicate");
        }
        let body = format!(
            "<AuthorizeSecurityGroupIngressResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <requestId>r</requestId><return>true</return>\
             <securityGroupRuleSet>{}</securityGroupRuleSet></AuthorizeSecurityGroupIngressResponse>",
            new.xml()
        );
        self.rules.push(new);
        xml(200, &body)
    }

    fn tag(&mut self, fields: &Fields) -> ResponseTemplate {
        let id = &fields["ResourceId.1"];
        match self.rules.iter_mut().find(|rule| rule.id == *id) {
            Some(rule) => set_tags(rule, fields, "Tag"),
            None => return refusal("InvalidSecurityGroupRuleId.NotFound"),
        }
        done("CreateTags")
    }

    fn revoke(&mut self, fields: &Fields) -> ResponseTemplate {
        let id = &fields["SecurityGroupRuleId.1"];
        if !self.rules.iter().any(|rule| rule.id == *id) {
            return refusal("InvalidSecurityGroupRuleId.NotFound");
        }
        self.rules.retain(|rule| rule.id != *id);
        done("RevokeSecurityGroupIngress")
    }
}

fn is_dry_run(fields: &Fields) -> bool {
    fields
        .get("DryRun")
        .is_some_and(|dry_run| dry_run == "true")
}

fn set_tags(rule: &mut FakeRule, fields: &Fields, prefix: &str) {
    for number in 1.. {
        let field = |name: &str| fields.get(&format!("{prefix}.{number}.{name}"));
        let (Some(key), Some(value)) = (field("Key"), field("Value")) else {
            break;
        };
        rule.set_tag(key, value);
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
