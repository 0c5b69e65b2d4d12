//! A client's answer to a CHALLENGE: the proof, the session key, the MIC ([MS-NLMP] 3.1.5.1.2).
use super::message::av_pair::{self, AvFlags, AvId, AvPairs};
use super::message::{Authenticate, Challenge, Charset, Draft, Fields, NegotiateFlags};
use super::{
    MAX_TOKEN, Outcome, Owner, Shared, Weak, check_datagram, check_required, check_strength,
    compute, context_flags, protection,
};
use crate::base::environment::Timestamp;
use crate::base::error::{ApiMisuse, Error, PeerMisbehaved};
use crate::base::flags::ContextFlags;
use crate::base::policy::{LmCompatibilityLevel, Policy};
use crate::base::secret::Secret;
use crate::context::attribute::{Lifespan, Role};
use crate::context::bindings::ChannelBindings;
use crate::context::package::Initiate;
use crate::wire::{Malformed, Why, position};

/// What an answer is made from.
pub(super) struct Answer<'a> {
    pub(super) shared: &'a Shared,
    pub(super) request: &'a Initiate,
    /// What the client offered, or presumed where it sent no NEGOTIATE.
    pub(super) offered: NegotiateFlags,
    /// The NEGOTIATE as it was sent; nothing where there was none.
    pub(super) negotiate: &'a [u8],
    /// The session key, where it is in use already.
    pub(super) session_key: Option<&'a Secret<16>>,
}

impl Answer<'_> {
    /// Appends the AUTHENTICATE message that answers `bytes`.
    pub(super) fn to(
        &self,
        bytes: &[u8],
        bindings: Option<&ChannelBindings>,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, Error> {
        let owner = self
            .shared
            .owner
            .as_ref()
            .ok_or(Error::Unreachable("a client without a name"))?;
        let challenge = Challenge::parse(bytes)?;
        check_datagram(challenge.flags)?;
        let flags = chosen(&self.shared.policy, self.offered, challenge.flags)?;
        let granted = context_flags(flags, self.request.wanted());
        check_required(self.request.require, granted)?;

        let info = challenge
            .target_info
            .map(|info| AvPairs::parse(info).map_err(|fault| fault.inside(position(info, bytes))))
            .transpose()?;
        let version_2 = self.shared.policy.ntlm.level.sends_version_2();
        if version_2 && protection(flags).sign && !info.is_some_and(|info| info.names_server) {
            return Err(PeerMisbehaved::ServerNamesMissing.into());
        }
        let session_key =
            self.authenticate(owner, bytes, &challenge, flags, info, bindings, out)?;
        Ok(Outcome {
            role: Role::Client,
            negotiated: flags,
            flags: granted,
            session_key,
            client: owner.qualified_name(),
            // The caller moves it in: the request has no other use for it then.
            target: None,
            target_information: info.map_or_else(Vec::new, |info| info.bytes().to_vec()),
            bindings: None,
            lifespan: Lifespan {
                start: self.shared.environment.clock().now(),
                expiry: Timestamp::NEVER,
            },
            password_expiry: None,
        })
    }

    /// Appends the AUTHENTICATE message and gives the exported session key.
    #[allow(clippy::too_many_arguments)]
    fn authenticate(
        &self,
        owner: &Owner,
        challenge_bytes: &[u8],
        challenge: &Challenge<'_>,
        flags: NegotiateFlags,
        info: Option<AvPairs<'_>>,
        bindings: Option<&ChannelBindings>,
        out: &mut Vec<u8>,
    ) -> Result<Secret<16>, Error> {
        let environment = &self.shared.environment;
        let settings = &self.shared.settings;
        // Only the response of version 2 says whether there is a MIC.
        let with_mic = owner.weak.is_none() && info.is_some_and(|info| info.timestamp.is_some());
        let client_challenge = environment.random::<8>()?;

        let header = Authenticate::MIC_OFFSET + if with_mic { 16 } else { 0 };
        let mut draft = Draft::new(out, 3, header);
        draft.put(60, &flags.bits().to_le_bytes());
        draft.put(64, &settings.version.to_bytes());
        let charset = Charset::of(flags, &settings.code_page);
        for (at, what, text) in [
            (28, "DomainName", &owner.domain),
            (36, "UserName", &owner.user),
            (44, "Workstation", &settings.workstation),
        ] {
            draft
                .part(at, what, |out| charset.encode(text, what, out))
                .map_err(|_| {
                    ApiMisuse::InvalidParameter(
                        "a name of the client is too long, or not in the server's code page",
                    )
                })?;
        }
        let key_exchange_key = match &owner.weak {
            None => self.response_v2(
                owner,
                challenge,
                flags,
                info,
                bindings,
                &client_challenge,
                &mut draft,
            )?,
            Some(weak) => {
                self.response_v1(weak, challenge, flags, &client_challenge, &mut draft)?
            }
        };

        let mut encrypted = None;
        let session_key = if protection(flags).key_exchange {
            let key = match self.session_key {
                Some(key) => key.clone(),
                None => Secret::new(environment.random::<16>()?),
            };
            let mut sealed = *key.expose();
            compute::exchange_key(&key_exchange_key, &mut sealed);
            encrypted = Some(sealed);
            key
        } else {
            key_exchange_key
        };
        draft.part(52, "EncryptedRandomSessionKey", |out| {
            out.extend_from_slice(encrypted.as_ref().map_or(&[], |key| key.as_slice()));
            Ok(())
        })?;
        if with_mic {
            let mic = compute::mic(
                &session_key,
                &[self.negotiate, challenge_bytes, draft.bytes()],
            );
            draft.put(Authenticate::MIC_OFFSET, &mic);
        }
        if draft.len() > MAX_TOKEN {
            return Err(Malformed {
                what: "TargetInfo",
                offset: 40,
                why: Why::TooLong,
            }
            .into());
        }
        Ok(session_key)
    }

    /// Appends the responses of version 2 and gives the key exchange key.
    #[allow(clippy::too_many_arguments)]
    fn response_v2(
        &self,
        owner: &Owner,
        challenge: &Challenge<'_>,
        flags: NegotiateFlags,
        info: Option<AvPairs<'_>>,
        bindings: Option<&ChannelBindings>,
        client_challenge: &[u8; 8],
        draft: &mut Draft<'_>,
    ) -> Result<Secret<16>, Error> {
        let environment = &self.shared.environment;
        let connectionless = flags.contains(NegotiateFlags::DATAGRAM);
        let timestamp = info.and_then(|info| info.timestamp);
        draft.part(12, "LmChallengeResponse", |out| {
            // None beside NTLMv2 with target information on a connectionless context (NTLM-DG-5).
            if connectionless && info.is_some() {
                return Ok(());
            }
            if timestamp.is_none() {
                out.extend_from_slice(&compute::lm_v2_response(
                    &owner.ntowf,
                    &challenge.server_challenge,
                    client_challenge,
                ));
            } else {
                out.extend_from_slice(&[0; 24]);
            }
            Ok(())
        })?;
        let nt = draft.part(20, "NtChallengeResponse", |out| {
            out.extend_from_slice(&[0; 16]);
            out.extend_from_slice(&[1, 1, 0, 0, 0, 0, 0, 0]);
            let time = timestamp.unwrap_or_else(|| environment.clock().now().to_filetime());
            out.extend_from_slice(&time.to_le_bytes());
            out.extend_from_slice(client_challenge);
            out.extend_from_slice(&[0; 4]);
            if let Some(info) = info {
                self.pairs(info, bindings, out)?;
            }
            av_pair::end(out);
            out.extend_from_slice(&[0; 4]);
            Ok(())
        })?;
        let blob = Fields {
            len: nt.len.saturating_sub(16),
            offset: nt.offset.saturating_add(16),
        };
        let proof = compute::nt_proof(
            &owner.ntowf,
            &challenge.server_challenge,
            draft.part_bytes(blob),
        );
        draft.put(usize::try_from(nt.offset).unwrap_or(usize::MAX), &proof);
        Ok(compute::session_base_key(&owner.ntowf, &proof))
    }

    /// Appends the responses of version 1, which the policy allows, and gives the key exchange key
    /// (NTLM-CLI-4).
    fn response_v1(
        &self,
        weak: &Weak,
        challenge: &Challenge<'_>,
        flags: NegotiateFlags,
        client_challenge: &[u8; 8],
        draft: &mut Draft<'_>,
    ) -> Result<Secret<16>, Error> {
        let server_challenge = &challenge.server_challenge;
        let base_key = compute::session_base_key_v1(&weak.nt_hash);
        let (lm, nt, key) = if flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY) {
            let both = compute::session_challenge(server_challenge, client_challenge);
            let mut lm = [0; 24];
            let (start, _) = lm.split_at_mut(8);
            start.copy_from_slice(client_challenge);
            let key = compute::key_exchange_key_v1(&base_key, server_challenge, client_challenge);
            (lm, compute::response_v1(&weak.nt_hash, &both), key)
        } else {
            let nt = compute::response_v1(&weak.nt_hash, server_challenge);
            let lm = match &weak.lm_hash {
                Some(hash) if self.shared.policy.ntlm.level <= LmCompatibilityLevel::Level1 => {
                    compute::response_v1(hash, server_challenge)
                }
                // Without an LM hash the NT response stands in its place.
                _ => nt,
            };
            (lm, nt, base_key)
        };
        for (at, what, response) in [
            (12, "LmChallengeResponse", lm),
            (20, "NtChallengeResponse", nt),
        ] {
            draft.part(at, what, |out| {
                out.extend_from_slice(&response);
                Ok(())
            })?;
        }
        Ok(key)
    }

    /// Appends the server's pairs with what the client adds to them, without the end (NTLM-CLI-3).
    fn pairs(
        &self,
        info: AvPairs<'_>,
        bindings: Option<&ChannelBindings>,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        let extended = !self.shared.policy.ntlm.suppress_extended_protection;
        for pair in info.iter() {
            let replaced = pair.id == AvId::FLAGS
                || extended && matches!(pair.id, AvId::TARGET_NAME | AvId::CHANNEL_BINDINGS);
            if !replaced {
                av_pair::put(pair.id, pair.value, out)?;
            }
        }
        let mut flags = info.flags.unwrap_or_default() & AvFlags::CONSTRAINED;
        if info.timestamp.is_some() {
            flags |= AvFlags::MIC;
        }
        let unverified = ContextFlags::UNVERIFIED_TARGET_NAME;
        if extended && self.request.wanted().contains(unverified) {
            flags |= AvFlags::UNTRUSTED_TARGET;
        }
        if !flags.is_empty() {
            av_pair::put(AvId::FLAGS, &flags.bits().to_le_bytes(), out)?;
        }
        if extended {
            let hash = bindings.map_or(&[0; 16], ChannelBindings::hash);
            av_pair::put(AvId::CHANNEL_BINDINGS, hash, out)?;
            let target = self.request.target.as_deref().unwrap_or_default();
            av_pair::put_text(AvId::TARGET_NAME, target, out)?;
        }
        Ok(())
    }
}

/// What a client offers (NTLM-FLG-3, NTLM-FLG-5).
pub(super) fn offered(policy: &Policy, wanted: ContextFlags) -> NegotiateFlags {
    let mut flags = NegotiateFlags::UNICODE
        | NegotiateFlags::OEM
        | NegotiateFlags::REQUEST_TARGET
        | NegotiateFlags::LM_KEY
        | NegotiateFlags::NTLM
        | NegotiateFlags::ALWAYS_SIGN
        | NegotiateFlags::EXTENDED_SESSIONSECURITY
        | NegotiateFlags::VERSION
        | NegotiateFlags::NEGOTIATE_128
        | NegotiateFlags::KEY_EXCH
        | NegotiateFlags::NEGOTIATE_56;
    if policy.ntlm.level == LmCompatibilityLevel::Level0 {
        flags -= NegotiateFlags::EXTENDED_SESSIONSECURITY;
    }
    if wanted.intersects(
        ContextFlags::INTEGRITY
            | ContextFlags::REPLAY_DETECT
            | ContextFlags::SEQUENCE_DETECT
            | ContextFlags::CONFIDENTIALITY,
    ) {
        flags |= NegotiateFlags::SIGN;
    }
    if wanted.contains(ContextFlags::CONFIDENTIALITY) {
        flags |= NegotiateFlags::SEAL;
    }
    if wanted.contains(ContextFlags::IDENTIFY) {
        flags |= NegotiateFlags::IDENTIFY;
    }
    flags
}

/// What both sides can: the flags of the AUTHENTICATE message (NTLM-CLI-1, NTLM-FLG-1, NTLM-FLG-2).
fn chosen(
    policy: &Policy,
    offered: NegotiateFlags,
    challenge: NegotiateFlags,
) -> Result<NegotiateFlags, Error> {
    check_strength(policy, challenge & offered)?;
    let mut flags = offered & (challenge | NegotiateFlags::REQUEST_TARGET)
        | challenge & NegotiateFlags::TARGET_INFO;
    // The version field is filled in whether the server states its own or not.
    flags |= NegotiateFlags::VERSION;
    if flags.contains(NegotiateFlags::UNICODE) {
        flags -= NegotiateFlags::OEM;
    } else if !flags.contains(NegotiateFlags::OEM) {
        return Err(PeerMisbehaved::NoCharacterSet.into());
    }
    // Without protection no key is exchanged; Samba wants one wherever the flag is.
    if !flags.intersects(NegotiateFlags::SIGN | NegotiateFlags::SEAL) {
        flags -= NegotiateFlags::KEY_EXCH;
    }
    Ok(flags - NegotiateFlags::LM_KEY)
}
