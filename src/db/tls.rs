//! The trusted certificate authorities, and the explanation of a refused certificate. The chain and the
//! host name are always verified; no setting turns this off.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::error::{Cause, Error, Result};

/// The authorities that sign the certificates of Amazon RDS servers in all regions. AWS publishes them;
/// the public root stores do not contain them.
pub const RDS_AUTHORITIES: &[u8] = include_bytes!("certificates/rds-ca-bundle.pem");

/// The error for a server without TLS.
pub const NOT_OFFERED: &str = "the database server does not offer TLS, which is required for every \
                               host that is not local: enable TLS on the server";

/// The configuration of a TLS client that trusts the authorities of RDS and those in the PEM files
/// `further`.
///
/// # Errors
/// A file that cannot be read or contains no certificate.
pub fn client_config(further: &[PathBuf]) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let embedded = CertificateDer::pem_slice_iter(RDS_AUTHORITIES).filter_map(Result::ok);
    roots.add_parsable_certificates(embedded);
    for path in further {
        let unusable = |cause: Cause| {
            let advice = format!(
                "{} holds no certificate authority in PEM form",
                path.display()
            );
            Error::Operator(advice, Some(cause))
        };
        let mut found = 0;
        for certificate in CertificateDer::pem_file_iter(path).map_err(|e| unusable(e.into()))? {
            let certificate = certificate.map_err(|e| unusable(e.into()))?;
            roots.add(certificate).map_err(|e| unusable(e.into()))?;
            found += 1;
        }
        if found == 0 {
            return Err(unusable("there is no certificate in it".into()));
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("no TLS version to offer", error))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Advice where `error` comes from TLS, else `error` itself.
pub fn explain(error: impl StdError + Send + Sync + 'static) -> Cause {
    let mut source: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(cause) = source {
        let inner = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let tls = cause
            .downcast_ref::<rustls::Error>()
            .or_else(|| inner.and_then(|inner| inner.downcast_ref()));
        if let Some(rustls::Error::InvalidCertificate(reason)) = tls {
            return refusal(reason).into();
        }
        // The driver has no error type for this case.
        if cause.to_string() == "server does not support TLS" {
            return NOT_OFFERED.into();
        }
        source = cause.source();
    }
    error.into()
}

fn refusal(reason: &CertificateError) -> String {
    use CertificateError as E;
    match reason {
        E::Expired | E::ExpiredContext { .. } => {
            "the database's certificate has expired: renew it on the server".to_owned()
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the database's certificate is not valid yet: compare the clocks of both machines".to_owned()
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "the database's certificate is for another name: use the host name that it was issued for"
                .to_owned()
        }
        // The signature is bad where an unknown authority has the name of a trusted one.
        E::UnknownIssuer | E::BadSignature => {
            "the database's certificate is signed by an unknown authority: name \
                             the authority's file in DB_CA_FILE or sslrootcert"
                .to_owned()
        }
        other => format!("the database's certificate is refused: {other}"),
    }
}
