//! The `sspi` crate, used as its own examples do.
use sspi::{
    AuthIdentity, AuthIdentityBuffers, BufferType, ClientRequestFlags, CredentialUse,
    DataRepresentation, EncryptionFlags, Ntlm, SecurityBuffer, SecurityBufferRef, SecurityStatus,
    ServerRequestFlags, Sspi as _, SspiImpl as _, Username,
};

use super::{DOMAIN, Library, PASSWORD, Pair, SIGNATURE, TARGET, USER, ours::flags_of};

/// Its credential handles, and buffers that a driver would keep.
pub(crate) struct Sspi {
    client: Option<AuthIdentityBuffers>,
    server: Option<AuthIdentityBuffers>,
    to_server: [SecurityBuffer; 1],
    to_client: [SecurityBuffer; 1],
    last: [SecurityBuffer; 1],
}

fn acquire(usage: CredentialUse, password: &str) -> Option<AuthIdentityBuffers> {
    let identity = AuthIdentity {
        username: Username::new(USER, Some(DOMAIN)).expect("the name is valid"),
        password: password.to_owned().into(),
    };
    let mut ntlm = Ntlm::new();
    ntlm.acquire_credentials_handle()
        .with_credential_use(usage)
        .with_auth_data(&identity)
        .execute(&mut ntlm)
        .expect("an identity is given")
        .credentials_handle
}

fn initiate(
    client: &mut Ntlm,
    credential: &mut Option<AuthIdentityBuffers>,
    input: &mut [SecurityBuffer],
    output: &mut [SecurityBuffer],
) -> sspi::Result<SecurityStatus> {
    let mut builder = client
        .initialize_security_context()
        .with_credentials_handle(credential)
        .with_context_requirements(
            ClientRequestFlags::INTEGRITY
                | ClientRequestFlags::CONFIDENTIALITY
                | ClientRequestFlags::REPLAY_DETECT
                | ClientRequestFlags::SEQUENCE_DETECT,
        )
        .with_target_data_representation(DataRepresentation::Native)
        .with_target_name(TARGET)
        .with_input(input)
        .with_output(output);
    let result = client
        .initialize_security_context_impl(&mut builder)?
        .resolve_to_result()?;
    Ok(result.status)
}

fn accept(
    server: &mut Ntlm,
    credential: &mut Option<AuthIdentityBuffers>,
    input: &mut [SecurityBuffer],
    output: &mut [SecurityBuffer],
) -> sspi::Result<SecurityStatus> {
    let builder = server
        .accept_security_context()
        .with_credentials_handle(credential)
        .with_context_requirements(
            ServerRequestFlags::INTEGRITY
                | ServerRequestFlags::CONFIDENTIALITY
                | ServerRequestFlags::REPLAY_DETECT
                | ServerRequestFlags::SEQUENCE_DETECT,
        )
        .with_target_data_representation(DataRepresentation::Native)
        .with_input(input)
        .with_output(output);
    let result = server
        .accept_security_context_impl(builder)?
        .resolve_to_result()?;
    Ok(result.status)
}

impl Library for Sspi {
    type Pair = Contexts;

    fn new(password: &str) -> Self {
        let buffer = || [SecurityBuffer::new(Vec::new(), BufferType::Token)];
        Self {
            client: acquire(CredentialUse::Outbound, password),
            server: acquire(CredentialUse::Inbound, PASSWORD),
            to_server: buffer(),
            to_client: buffer(),
            last: buffer(),
        }
    }

    fn handshake(&mut self) -> Result<Contexts, String> {
        let mut run = || {
            self.to_server[0].buffer.clear();
            self.to_client[0].buffer.clear();
            self.last[0].buffer.clear();
            let (mut client, mut server) = (Ntlm::new(), Ntlm::new());
            let status = initiate(&mut client, &mut self.client, &mut [], &mut self.to_server)?;
            assert_eq!(status, SecurityStatus::ContinueNeeded);
            let status = accept(
                &mut server,
                &mut self.server,
                &mut self.to_server,
                &mut self.to_client,
            )?;
            assert_eq!(status, SecurityStatus::ContinueNeeded);
            self.to_server[0].buffer.clear();
            initiate(
                &mut client,
                &mut self.client,
                &mut self.to_client,
                &mut self.to_server,
            )?;
            let status = accept(
                &mut server,
                &mut self.server,
                &mut self.to_server,
                &mut self.last,
            )?;
            assert_eq!(status, SecurityStatus::CompleteNeeded);
            // Only here is the client's proof compared.
            server.complete_auth_token(&mut self.last)?;
            Ok(Contexts {
                client,
                server,
                signed: 0,
                verified: 0,
            })
        };
        run().map_err(|error: sspi::Error| error.to_string())
    }

    fn negotiated(&self) -> u32 {
        flags_of(&self.to_server[0].buffer)
    }
}

/// The client's context and the server's.
pub(crate) struct Contexts {
    client: Ntlm,
    server: Ntlm,
    /// The numbers of the next messages that are signed only: there, callers count.
    signed: u32,
    verified: u32,
}

impl Pair for Contexts {
    fn seal(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) {
        let mut message = [
            SecurityBufferRef::token_buf(token),
            SecurityBufferRef::data_buf(data),
        ];
        self.client
            .encrypt_message(EncryptionFlags::empty(), &mut message)
            .expect("sealing was negotiated");
    }

    fn unseal(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool {
        let mut message = [
            SecurityBufferRef::token_buf(token),
            SecurityBufferRef::data_buf(data),
        ];
        self.server.decrypt_message(&mut message).is_ok()
    }

    fn sign(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) {
        let mut message = [
            SecurityBufferRef::token_buf(token),
            SecurityBufferRef::data_buf(data),
        ];
        self.client
            .make_signature(0, &mut message, self.signed)
            .expect("signing was negotiated");
        self.signed += 1;
    }

    fn verify(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool {
        let mut message = [
            SecurityBufferRef::token_buf(token),
            SecurityBufferRef::data_buf(data),
        ];
        let verified = self.server.verify_signature(&mut message, self.verified);
        self.verified += 1;
        verified.is_ok()
    }
}
