//! Certificate authorities and the server certificates that they sign.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    SignatureAlgorithm, date_time_ymd,
};

/// The certificate of a server and its private key, in PEM.
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

/// A certificate authority, whose certificate is in a file.
pub struct Authority {
    pub file: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        Self::with_key(KeyPair::generate().expect("a key"))
    }

    /// An authority with a key of this algorithm; the bundle of RDS has several.
    pub fn of_kind(algorithm: &'static SignatureAlgorithm) -> Self {
        Self::with_key(KeyPair::generate_for(algorithm).expect("a key"))
    }

    fn with_key(key: KeyPair) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Test authority");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("cruddur-authority-{}-{number}.pem", std::process::id());
        let file = std::env::temp_dir().join(name);
        fs::write(&file, issuer.pem()).expect("the authority's file");
        Self { file, issuer }
    }

    /// A certificate for `name`, valid now.
    pub fn sign(&self, name: &str) -> Identity {
        self.sign_until(name, 2099)
    }

    /// A certificate that was valid until the year 2001.
    pub fn sign_expired(&self, name: &str) -> Identity {
        self.sign_until(name, 2001)
    }

    fn sign_until(&self, name: &str, year: i32) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}
