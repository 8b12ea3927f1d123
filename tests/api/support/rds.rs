//! A fake of the RDS API for database instances on loopback: it reads form fields and returns XML.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{CommandOutput, cruddur};

/// The default instance of the commands.
pub const INSTANCE: &str = "cruddur-db-instance";
pub const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1";

/// A request's form fields.
pub type Fields = HashMap<String, String>;

#[derive(Debug, Clone)]
pub struct FakeInstance {
    pub status: &'static str,
    pub public: bool,
    pub encrypted: bool,
    pub multi_az: bool,
    pub backup_days: u32,
    pub protected: bool,
    pub minor_upgrades: bool,
    pub iam: bool,
    pub max_storage: Option<u32>,
    /// The status of the secret that AWS manages.
    pub secret: Option<&'static str>,
}

impl FakeInstance {
    /// As the defaults of `rds create` make it in the best case.
    pub fn safe() -> Self {
        Self {
            status: "available",
            public: false,
            encrypted: true,
            multi_az: true,
            backup_days: 7,
            protected: true,
            minor_upgrades: true,
            iam: true,
            max_storage: Some(100),
            secret: Some("active"),
        }
    }

    /// The opposite in everything that `rds status` judges.
    pub fn careless() -> Self {
        Self {
            status: "stopped",
            public: true,
            encrypted: false,
            multi_az: false,
            backup_days: 0,
            protected: false,
            minor_upgrades: false,
            iam: false,
            max_storage: None,
            secret: None,
        }
    }

    fn xml(&self) -> String {
        let max_storage = self
            .max_storage
            .map(|size| format!("<MaxAllocatedStorage>{size}</MaxAllocatedStorage>"));
        let secret = self.secret.map(|status| {
            format!(
                "<MasterUserSecret><SecretArn>{SECRET}</SecretArn><SecretStatus>{status}</SecretStatus></MasterUserSecret>"
            )
        });
        format!(
            "<DBInstanceIdentifier>{INSTANCE}</DBInstanceIdentifier><DBInstanceStatus>{}</DBInstanceStatus>\
             <Engine>postgres</Engine><EngineVersion>17.6</EngineVersion><DBInstanceClass>db.t4g.micro</DBInstanceClass>\
             <MasterUsername>cruddur</MasterUsername><DBName>cruddur</DBName>\
             <Endpoint><Address>x.rds.example</Address><Port>5432</Port></Endpoint>\
             <PubliclyAccessible>{}</PubliclyAccessible><StorageEncrypted>{}</StorageEncrypted>\
             <MultiAZ>{}</MultiAZ><BackupRetentionPeriod>{}</BackupRetentionPeriod>\
             <DeletionProtection>{}</DeletionProtection><AutoMinorVersionUpgrade>{}</AutoMinorVersionUpgrade>\
             <IAMDatabaseAuthenticationEnabled>{}</IAMDatabaseAuthenticationEnabled>\
             <AllocatedStorage>20</AllocatedStorage><StorageType>gp3</StorageType>\
             <CACertificateIdentifier>rds-ca-rsa2048-g1</CACertificateIdentifier>\
             <CertificateDetails><CAIdentifier>rds-ca-rsa2048-g1</CAIdentifier>\
             <ValidTill>2150-01-01T00:00:00Z</ValidTill></CertificateDetails>{}{}",
            self.status,
            self.public,
            self.encrypted,
            self.multi_az,
            self.backup_days,
            self.protected,
            self.minor_upgrades,
            self.iam,
            max_storage.unwrap_or_default(),
            secret.unwrap_or_default(),
        )
    }
}

/// A refusal of the next `times` requests of an action.
#[derive(Debug, Clone)]
struct Fault {
    action: &'static str,
    times: u32,
    code: &'static str,
    message: &'static str,
}

#[derive(Debug)]
pub struct RdsState {
    pub instance: Option<FakeInstance>,
    /// Versions of postgres and the zones of each.
    pub offers: Vec<(&'static str, &'static [&'static str])>,
    /// When the certificate authority expires.
    pub authority_end: &'static str,
    /// The status of a new instance after its creation.
    pub becomes: &'static str,
    /// The status of the secret after a change of the password.
    pub secret_becomes: &'static str,
    faults: Vec<Fault>,
    pub requests: Vec<Fields>,
}

pub struct Rds {
    server: MockServer,
    state: Arc<Mutex<RdsState>>,
}

impl Rds {
    /// Without an instance; on offer are two versions of PostgreSQL 14, one of 15 and one of 17.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(RdsState {
            instance: None,
            offers: vec![
                ("14.20", &["us-east-1a", "us-east-1b"]),
                ("14.9", &["us-east-1a"]),
                ("15.8", &["us-east-1a"]),
                ("17.6", &["us-east-1a", "us-east-1c"]),
            ],
            authority_end: "2061-05-25T00:00:00Z",
            becomes: "available",
            secret_becomes: "active",
            faults: Vec::new(),
            requests: Vec::new(),
        }));
        let server = MockServer::start().await;
        let responder = Responder(state.clone());
        Mock::given(any())
            .respond_with(responder)
            .mount(&server)
            .await;
        Self { server, state }
    }

    pub async fn with(instance: FakeInstance) -> Self {
        let rds = Self::start().await;
        rds.state().instance = Some(instance);
        rds
    }

    pub fn state(&self) -> MutexGuard<'_, RdsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses the next `times` requests of the action with a code of AWS.
    pub fn refuse(&self, action: &'static str, times: u32, code: &'static str) {
        self.refuse_saying(action, times, code, "AWS says no.");
    }

    /// Like [`refuse`](Self::refuse), with the message of AWS.
    pub fn refuse_saying(
        &self,
        action: &'static str,
        times: u32,
        code: &'static str,
        message: &'static str,
    ) {
        self.state().faults.push(Fault {
            action,
            times,
            code,
            message,
        });
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

    /// A command `cruddur rds …` that sends its requests to this fake.
    pub fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = cruddur(&["rds"]);
        command.args(arguments).envs([
            ("AWS_ENDPOINT_URL", self.server.uri().as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        command
    }

    /// Runs [`command`](Self::command) to its end.
    pub async fn run(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::of(self.command(arguments)).await
    }
}

struct Responder(Arc<Mutex<RdsState>>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let fields: Fields = form_urlencoded::parse(&request.body).into_owned().collect();
        let action = fields["Action"].clone();
        assert_eq!(fields["Version"], "2014-10-31");
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(fields.clone());
        let fault = state
            .faults
            .iter_mut()
            .find(|fault| fault.action == action && fault.times > 0);
        if let Some(fault) = fault {
            fault.times -= 1;
            return refusal(fault.code, fault.message);
        }
        if action == "DescribeOrderableDBInstanceOptions" {
            return done(&action, &state.offered(&fields));
        }
        if action == "DescribeCertificates" {
            let end = state.authority_end;
            return done(
                &action,
                &format!(
                    "<Certificates><Certificate><ValidTill>{end}</ValidTill></Certificate></Certificates>"
                ),
            );
        }
        if action == "CreateDBInstance" {
            state.instance = Some(FakeInstance {
                status: state.becomes,
                ..FakeInstance::safe()
            });
            let xml = FakeInstance {
                status: "creating",
                ..FakeInstance::safe()
            }
            .xml();
            return done(&action, &format!("<DBInstance>{xml}</DBInstance>"));
        }
        let secret_becomes = state.secret_becomes;
        let Some(instance) = &mut state.instance else {
            return refusal("DBInstanceNotFound", "DBInstance not found.");
        };
        match action.as_str() {
            "DescribeDBInstances" => {
                let xml = instance.xml();
                return done(
                    &action,
                    &format!("<DBInstances><DBInstance>{xml}</DBInstance></DBInstances>"),
                );
            }
            "StartDBInstance" => instance.status = "available",
            "StopDBInstance" => instance.status = "stopped",
            "ModifyDBInstance" => instance.secret = Some(secret_becomes),
            "DeleteDBInstance" => {
                let xml = FakeInstance {
                    status: "deleting",
                    ..instance.clone()
                }
                .xml();
                state.instance = None;
                return done(&action, &format!("<DBInstance>{xml}</DBInstance>"));
            }
            other => panic!("the fake does not know the action {other}"),
        }
        let xml = instance.xml();
        done(&action, &format!("<DBInstance>{xml}</DBInstance>"))
    }
}

impl RdsState {
    /// One option on each of two pages for every offer, with another storage type between them.
    fn offered(&self, fields: &Fields) -> String {
        let class = &fields["DBInstanceClass"];
        let is_second = fields.contains_key("Marker");
        let half = self.offers.len() / 2;
        let page = match is_second {
            true => &self.offers[half..],
            false => &self.offers[..half],
        };
        let options: String = page
            .iter()
            .flat_map(|(version, zones)| {
                let zones: String = zones
                    .iter()
                    .map(|zone| format!("<AvailabilityZone><Name>{zone}</Name></AvailabilityZone>"))
                    .collect();
                let class = class.clone();
                ["gp2", "gp3"].map(move |storage| {
                    format!(
                        "<OrderableDBInstanceOption><Engine>postgres</Engine><EngineVersion>{version}</EngineVersion>\
                         <DBInstanceClass>{class}</DBInstanceClass><StorageType>{storage}</StorageType>\
                         <AvailabilityZones>{zones}</AvailabilityZones></OrderableDBInstanceOption>"
                    )
                })
            })
            .collect();
        let marker = if is_second || self.offers.is_empty() {
            ""
        } else {
            "<Marker>2</Marker>"
        };
        format!("<OrderableDBInstanceOptions>{options}</OrderableDBInstanceOptions>{marker}")
    }
}

fn done(action: &str, result: &str) -> ResponseTemplate {
    let body = format!(
        "<{action}Response xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
         <{action}Result>{result}</{action}Result></{action}Response>"
    );
    ResponseTemplate::new(200).set_body_raw(body, "text/xml")
}

fn refusal(code: &str, message: &str) -> ResponseTemplate {
    let status = match code {
        "AccessDenied" => 403,
        "DBInstanceNotFound" => 404,
        _ => 400,
    };
    let body = format!(
        "<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    ResponseTemplate::new(status).set_body_raw(body, "text/xml")
}
