//! What a server checks, and in which order ([MS-NLMP] 3.2.5.1).
//!
//! Nothing is authenticated before the proof was compared. Then come, in this order: the state of the
//! account, the age of the response, the MIC, the channel bindings, the target name, the flags that
//! the caller requires.
use std::sync::Arc;

use super::message::av_pair::{self, AvFlags, AvId, AvPairs};
use super::message::{Authenticate, Challenge, Charset, Negotiate, NegotiateFlags, NtlmV2Response};
use super::{
    MAX_TOKEN, Outcome, Shared, check_datagram, check_required, check_strength, compute,
    context_flags, protection,
};
use crate::base::environment::Timestamp;
use crate::base::error::{ApiMisuse, BindingFault, Denied, Error, PeerMisbehaved, Refused};
use crate::base::flags::ContextFlags;
use crate::base::secret::Secret;
use crate::context::account::{Account, AccountState};
use crate::context::attribute::{BindingsResult, Lifespan, Role};
use crate::context::input::Input;
use crate::context::package::Accept;
use crate::context::question::{Logon, LogonAnswer, LogonProof};
use crate::crypto;
use crate::wire::{Malformed, Why, position, utf16};

/// What a server accepts by.
#[derive(Debug)]
pub(super) struct Acceptor {
    pub(super) shared: Arc<Shared>,
    pub(super) request: Accept,
    /// The hash of the bindings of our channel, from whichever call brought them.
    bindings: Option<[u8; 16]>,
}

/// What was exchanged so far, byte for byte.
#[derive(Debug)]
pub(super) struct Exchange {
    /// NEGOTIATE and CHALLENGE, one behind the other, as the MIC covers them.
    transcript: Vec<u8>,
    server_challenge: [u8; 8],
    pub(super) flags: NegotiateFlags,
}

#[derive(Debug)]
pub(super) struct AwaitLogon {
    exchange: Exchange,
    authenticate: Vec<u8>,
    /// Of the AUTHENTICATE message, no more than what was offered.
    pub(super) flags: NegotiateFlags,
}

/// The flags whose value decides how messages are protected; a client may clear but not add them.
const OFFERED_ONLY: NegotiateFlags = NegotiateFlags::SIGN
    .union(NegotiateFlags::SEAL)
    .union(NegotiateFlags::DATAGRAM)
    .union(NegotiateFlags::LM_KEY)
    .union(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .union(NegotiateFlags::REQUEST_NON_NT_SESSION_KEY)
    .union(NegotiateFlags::NEGOTIATE_128)
    .union(NegotiateFlags::NEGOTIATE_56)
    .union(NegotiateFlags::KEY_EXCH);

impl Acceptor {
    pub(super) fn new(shared: Arc<Shared>, request: &Accept) -> Self {
        Self {
            shared,
            request: request.clone(),
            bindings: None,
        }
    }

    /// The peer's token, which must be there; bindings that come with it are remembered.
    pub(super) fn token<'a>(&mut self, input: Input<'a>) -> Result<&'a [u8], Error> {
        self.remember_bindings(input);
        let token = input.bytes();
        if token.is_empty() {
            return Err(ApiMisuse::TokenMissing.into());
        }
        input.used(token.len());
        Ok(token)
    }

    pub(super) fn remember_bindings(&mut self, input: Input<'_>) {
        if let Some(bindings) = input.bindings {
            self.bindings = Some(*bindings.hash());
        }
    }

    /// Reads a NEGOTIATE and appends the CHALLENGE that answers it.
    pub(super) fn negotiate(&self, token: &[u8], out: &mut Vec<u8>) -> Result<Exchange, Error> {
        let message = Negotiate::parse(token)?;
        if token.len() > MAX_TOKEN {
            return Err(Malformed {
                what: "NEGOTIATE",
                offset: MAX_TOKEN,
                why: Why::TooLong,
            }
            .into());
        }
        self.challenge(message.flags - NegotiateFlags::DATAGRAM, token, out)
    }

    /// Appends a CHALLENGE to a client that offers `offered` in `negotiate`, or is presumed to where it
    /// sends none.
    pub(super) fn challenge(
        &self,
        offered: NegotiateFlags,
        negotiate: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Exchange, Error> {
        check_strength(&self.shared.policy, offered)?;
        let settings = &self.shared.settings;
        let flags = answered(offered, settings.names.domain_member)?;
        check_required(
            self.request.require,
            context_flags(flags, self.request.wanted()),
        )?;
        let server_challenge = self.shared.environment.random()?;
        let now = self.shared.environment.clock().now();
        let start = out.len();
        let names = &settings.names;
        let target_name = if flags.contains(NegotiateFlags::REQUEST_TARGET) {
            names.target_name()
        } else {
            ""
        };
        Challenge::build(
            out,
            flags,
            &server_challenge,
            settings.version,
            (target_name, Charset::of(flags, &settings.code_page)),
            |out| {
                for (id, name) in [
                    (AvId::NB_COMPUTER_NAME, &names.netbios_computer),
                    (AvId::NB_DOMAIN_NAME, &names.netbios_domain),
                ] {
                    av_pair::put_text(id, name, out)?;
                }
                for (id, name) in [
                    (AvId::DNS_COMPUTER_NAME, &names.dns_computer),
                    (AvId::DNS_DOMAIN_NAME, &names.dns_domain),
                    (AvId::DNS_TREE_NAME, &names.dns_tree),
                ] {
                    if !name.is_empty() {
                        av_pair::put_text(id, name, out)?;
                    }
                }
                av_pair::put(AvId::TIMESTAMP, &now.to_filetime().to_le_bytes(), out)?;
                av_pair::end(out);
                Ok(())
            },
        )
        .map_err(|_| ApiMisuse::InvalidParameter("the names of the server are too long"))?;
        Ok(Exchange {
            transcript: [negotiate, out.get(start..).unwrap_or_default()].concat(),
            server_challenge,
            flags,
        })
    }

    /// Reads an AUTHENTICATE; who it claims to be is the question.
    pub(super) fn authenticate(
        &self,
        exchange: Exchange,
        token: &[u8],
    ) -> Result<(AwaitLogon, Logon), Error> {
        let message = Authenticate::parse(token)?;
        let added = (message.flags & OFFERED_ONLY) - exchange.flags;
        if !added.is_empty() {
            return Err(PeerMisbehaved::FlagsNotOffered(added.bits()).into());
        }
        let flags = message.flags & exchange.flags;
        check_strength(&self.shared.policy, flags)?;
        check_datagram(message.flags)?;
        // The encoding is the one that the challenge chose, whatever the client says now.
        let charset = Charset::of(exchange.flags, &self.shared.settings.code_page);
        let text = |bytes: &[u8], what| {
            charset
                .decode(bytes, what)
                .map_err(|fault| fault.inside(position(bytes, token)))
        };
        let user = text(message.user, "UserName")?;
        let domain = text(message.domain, "DomainName")?;
        let workstation = text(message.workstation, "Workstation")?;

        let no_lm = matches!(message.lm_response, [] | [0]);
        if message.nt_response.is_empty() && user.is_empty() && no_lm {
            return Err(Error::LogonDenied(Denied::Anonymous));
        }
        match message.nt_response.len() {
            24 if self.shared.policy.ntlm.level.accepts_version_1() => {
                // With session security the client's challenge stands in place of the LM response.
                let session_security = flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY);
                let lm = message.lm_response.len();
                if lm != 24 && (session_security || lm != 0) {
                    return Err(Error::LogonDenied(Denied::WeakResponse));
                }
            }
            0..=24 => return Err(Error::LogonDenied(Denied::WeakResponse)),
            _ => {
                NtlmV2Response::parse(message.nt_response)
                    .map_err(|fault| fault.inside(position(message.nt_response, token)))?;
            }
        }
        if user.is_empty() {
            return Err(PeerMisbehaved::Name("an empty user").into());
        }
        let key = message.encrypted_session_key.len();
        if protection(flags).key_exchange && key != 16 {
            return Err(PeerMisbehaved::SessionKeyLength(key).into());
        }
        let state = AwaitLogon {
            exchange,
            authenticate: token.to_vec(),
            flags,
        };
        let logon = Logon {
            domain,
            user,
            workstation,
            proof: LogonProof::Ntlm {
                server_challenge: Response::of(&state, &message)?.challenge(&state),
                nt_response: message.nt_response.to_vec(),
                lm_response: message.lm_response.to_vec(),
            },
        };
        Ok((state, logon))
    }

    /// The verdict, with what is known of the account.
    pub(super) fn logon(&self, state: &AwaitLogon, answer: LogonAnswer) -> Result<Outcome, Error> {
        let message = Authenticate::parse(&state.authenticate)?;
        let response = Response::of(state, &message)?;
        let charset = Charset::of(state.exchange.flags, &self.shared.settings.code_page);
        let now = self.shared.environment.clock().now();

        let logon = compare(state, &message, charset, &response, answer)?;
        logon.account.check(now).map_err(Error::LogonDenied)?;
        if let (Some(limit), Some(time)) = (self.shared.policy.ntlm.max_lifetime, response.time())
            && time.distance(now) > limit
        {
            return Err(Error::LogonDenied(Denied::Stale));
        }

        let key_exchange_key = response.key_exchange_key(state, logon.base_key);
        let session_key = if protection(state.flags).key_exchange {
            let mut key = <[u8; 16]>::try_from(message.encrypted_session_key).map_err(|_| {
                PeerMisbehaved::SessionKeyLength(message.encrypted_session_key.len())
            })?;
            compute::exchange_key(&key_exchange_key, &mut key);
            Secret::new(key)
        } else {
            key_exchange_key
        };
        let pairs = response.pairs();
        self.check_mic(state, &pairs, &message, &session_key)?;
        let bindings = self.check_bindings(&pairs)?;
        let target = self.check_target(state, &pairs)?;
        let flags = context_flags(state.flags, self.request.wanted());
        check_required(self.request.require, flags)?;
        Ok(Outcome {
            role: Role::Server,
            negotiated: state.flags,
            flags,
            session_key,
            client: logon.name,
            target,
            target_information: Vec::new(),
            bindings,
            lifespan: Lifespan {
                start: now,
                expiry: logon.account.expires,
            },
            password_expiry: Some(logon.account.password_expires),
        })
    }

    /// NTLM-SRV-6: the AV flags promise a MIC, and the proof covers them.
    fn check_mic(
        &self,
        state: &AwaitLogon,
        pairs: &AvPairs<'_>,
        message: &Authenticate<'_>,
        session_key: &Secret<16>,
    ) -> Result<(), Error> {
        let promised = pairs.flags.unwrap_or_default();
        if !promised.contains(AvFlags::MIC) {
            return if self.shared.policy.ntlm.require_mic {
                Err(Error::Policy(Refused::NoMic))
            } else {
                Ok(())
            };
        }
        let (Some(mic), Some((before, rest))) = (
            message.mic,
            state
                .authenticate
                .split_at_checked(Authenticate::MIC_OFFSET),
        ) else {
            return Err(Error::MessageAltered);
        };
        let after = rest.get(16..).unwrap_or_default();
        let expected = compute::mic(
            session_key,
            &[&state.exchange.transcript, before, &[0; 16], after],
        );
        if crypto::equal(&expected, &mic) {
            Ok(())
        } else {
            Err(Error::MessageAltered)
        }
    }

    /// NTLM-SRV-8, API-CB-4, API-CB-5.
    fn check_bindings(&self, pairs: &AvPairs<'_>) -> Result<Option<BindingsResult>, Error> {
        let wanted = self.request.wanted();
        let sent = pairs.channel_bindings;
        let empty = sent == Some([0; 16]);
        let Some(ours) = self.bindings else {
            if !wanted.contains(ContextFlags::PROXY_BINDINGS) {
                return Ok(None);
            }
            return if sent.is_some() && !empty {
                Ok(Some(
                    BindingsResult::CLIENT_SUPPORT | BindingsResult::VALID_PROXY,
                ))
            } else {
                Err(Error::BadBindings(BindingFault::Missing))
            };
        };
        match sent {
            Some(theirs) if crypto::equal(&ours, &theirs) => Ok(Some(
                BindingsResult::CLIENT_SUPPORT | BindingsResult::VALID_MATCHED,
            )),
            Some(_) if empty => Err(Error::BadBindings(BindingFault::Missing)),
            Some(_) => Err(Error::BadBindings(BindingFault::Mismatch)),
            None if wanted.contains(ContextFlags::ALLOW_MISSING_BINDINGS) => {
                Ok(Some(BindingsResult::ABSENT | BindingsResult::VALID_MISSING))
            }
            None => Err(Error::BadBindings(BindingFault::Missing)),
        }
    }

    /// NTLM-SRV-9: the target that the client proved to have asked for.
    fn check_target(
        &self,
        state: &AwaitLogon,
        pairs: &AvPairs<'_>,
    ) -> Result<Option<String>, Error> {
        let flags = pairs.flags.unwrap_or_default();
        let target = match pairs.target_name {
            Some(bytes) if !flags.contains(AvFlags::UNTRUSTED_TARGET) => Some(
                utf16::decode(bytes, "MsvAvTargetName")
                    .map_err(|fault| fault.inside(position(bytes, &state.authenticate)))?,
            ),
            _ => None,
        };
        let target = target.filter(|name| !name.is_empty());
        if self.request.targets.is_empty() {
            return Ok(target);
        }
        let known = target.as_deref().is_some_and(|target| {
            self.request
                .targets
                .iter()
                .any(|ours| utf16::equal_ignoring_case(ours, target))
        });
        if known {
            Ok(target)
        } else {
            Err(Error::WrongPrincipal)
        }
    }
}

/// The response of either version.
enum Response<'a> {
    V2(NtlmV2Response<'a>),
    /// With what the response was computed over.
    V1 {
        response: [u8; 24],
        challenge: [u8; 8],
        /// The client's challenge, with session security.
        client_challenge: Option<[u8; 8]>,
    },
}

impl<'a> Response<'a> {
    fn of(state: &AwaitLogon, message: &Authenticate<'a>) -> Result<Self, Error> {
        let Ok(response) = <[u8; 24]>::try_from(message.nt_response) else {
            return Ok(Self::V2(NtlmV2Response::parse(message.nt_response)?));
        };
        let server_challenge = state.exchange.server_challenge;
        let session_security = NegotiateFlags::EXTENDED_SESSIONSECURITY;
        let client_challenge = message
            .lm_response
            .first_chunk::<8>()
            .copied()
            .filter(|_| state.flags.contains(session_security));
        Ok(Self::V1 {
            response,
            challenge: client_challenge.map_or(server_challenge, |client| {
                compute::session_challenge(&server_challenge, &client)
            }),
            client_challenge,
        })
    }

    /// What the response was computed over: an authority that compares it knows of nothing else.
    const fn challenge(&self, state: &AwaitLogon) -> [u8; 8] {
        match self {
            Self::V2(_) => state.exchange.server_challenge,
            Self::V1 { challenge, .. } => *challenge,
        }
    }

    /// The client's time, which the first version does not have.
    const fn time(&self) -> Option<Timestamp> {
        match self {
            Self::V2(response) => Some(Timestamp::from_filetime(response.time)),
            Self::V1 { .. } => None,
        }
    }

    /// What the client added; the first version adds nothing.
    fn pairs(&self) -> AvPairs<'a> {
        match self {
            Self::V2(response) => response.pairs,
            Self::V1 { .. } => AvPairs::default(),
        }
    }

    /// `KeyExchangeKey` from the session base key.
    fn key_exchange_key(&self, state: &AwaitLogon, base_key: Secret<16>) -> Secret<16> {
        match self {
            Self::V1 {
                client_challenge: Some(client),
                ..
            } => compute::key_exchange_key_v1(&base_key, &state.exchange.server_challenge, client),
            _ => base_key,
        }
    }
}

/// A logon whose proof was compared.
struct LoggedOn {
    base_key: Secret<16>,
    account: AccountState,
    name: String,
}

/// Compares the proof with what is known of the account (NTLM-SRV-4). An account that does not exist
/// costs the same computation as a wrong password (spec/09 row 7).
fn compare(
    state: &AwaitLogon,
    message: &Authenticate<'_>,
    charset: Charset<'_>,
    response: &Response<'_>,
    answer: LogonAnswer,
) -> Result<LoggedOn, Error> {
    let account = match answer {
        LogonAnswer::Accepted {
            session_base_key,
            domain,
            user,
        } => {
            return Ok(LoggedOn {
                base_key: session_base_key,
                account: AccountState::default(),
                name: if domain.is_empty() {
                    user
                } else {
                    [domain.as_str(), "\\", &user].concat()
                },
            });
        }
        LogonAnswer::Denied(why) => return Err(Error::LogonDenied(why)),
        LogonAnswer::Account(account) => Some(account),
        LogonAnswer::Unknown => None,
    };
    let hash = account.as_deref().and_then(Account::nt_hash);
    let nothing = Secret::new([0; 16]);
    let hash_or_nothing = hash.unwrap_or(&nothing);
    let base_key = match response {
        Response::V2(response) => [message.domain, &[]].into_iter().find_map(|domain| {
            let ntowf = compute::ntowf_v2(
                hash_or_nothing,
                |each| charset.chars(message.user, each),
                |each| charset.chars(domain, each),
            );
            let expected =
                compute::nt_proof(&ntowf, &state.exchange.server_challenge, response.blob);
            crypto::equal(&expected, &response.proof)
                .then(|| compute::session_base_key(&ntowf, &expected))
        }),
        Response::V1 {
            response,
            challenge,
            ..
        } => {
            let expected = compute::response_v1(hash_or_nothing, challenge);
            crypto::equal(&expected, response)
                .then(|| compute::session_base_key_v1(hash_or_nothing))
        }
    };
    let Some(account) = &account else {
        return Err(Error::LogonDenied(Denied::UnknownUser));
    };
    if hash.is_none() {
        return Err(Error::LogonDenied(Denied::NoVerifier));
    }
    let base_key = base_key.ok_or(Error::LogonDenied(Denied::WrongPassword))?;
    Ok(LoggedOn {
        base_key,
        account: account.state.clone(),
        name: account.qualified_name(),
    })
}

/// What the challenge says to a client that offers `offered` (NTLM-FLG-1, -2, -5, -6).
fn answered(offered: NegotiateFlags, domain_member: bool) -> Result<NegotiateFlags, Error> {
    let supported = NegotiateFlags::UNICODE
        | NegotiateFlags::OEM
        | NegotiateFlags::REQUEST_TARGET
        | NegotiateFlags::SIGN
        | NegotiateFlags::SEAL
        | NegotiateFlags::ALWAYS_SIGN
        | NegotiateFlags::EXTENDED_SESSIONSECURITY
        | NegotiateFlags::IDENTIFY
        | NegotiateFlags::NEGOTIATE_128
        | NegotiateFlags::NEGOTIATE_56
        | NegotiateFlags::KEY_EXCH
        // Offered by nobody on a connection: its own NEGOTIATE is read without this flag.
        | NegotiateFlags::DATAGRAM;
    let mut flags = offered & supported
        | NegotiateFlags::NTLM
        | NegotiateFlags::TARGET_INFO
        | NegotiateFlags::VERSION;
    if flags.contains(NegotiateFlags::UNICODE) {
        flags -= NegotiateFlags::OEM;
    } else if !flags.contains(NegotiateFlags::OEM) {
        return Err(PeerMisbehaved::NoCharacterSet.into());
    }
    if flags.contains(NegotiateFlags::REQUEST_TARGET) {
        flags |= if domain_member {
            NegotiateFlags::TARGET_TYPE_DOMAIN
        } else {
            NegotiateFlags::TARGET_TYPE_SERVER
        };
    }
    Ok(flags)
}
