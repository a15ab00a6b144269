//! A certificate for localhost, and the authority that its clients must trust.

use std::{io, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tempfile::NamedTempFile;
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// A throwaway certificate authority's certificate, in a file that is deleted on drop.
#[derive(Debug)]
pub(super) struct Authority(NamedTempFile);

impl Authority {
    /// Its path.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Makes an authority and the TLS settings of a server that it vouches for.
///
/// HTTP/1.1 is preferred, as `DynamoDB` and SQS speak nothing else. A client that insists on HTTP/2 gets it, as from
/// Kinesis: the SDK for JavaScript does there.
pub(super) fn issue() -> io::Result<(Authority, ServerConfig)> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Simulated AWS");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let authority = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;

    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = params.signed_by(&key, &authority).map_err(io::Error::other)?;

    let file = tempfile::Builder::new().prefix("simulated-aws-").suffix(".pem").tempfile()?;
    std::fs::write(file.path(), authority.pem())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // Named, since another crate in the same build may enable a second provider.
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    Ok((Authority(file), config))
}
