//! `QueryContextAttributes` and `QueryCredentialsAttributes`.
//!
//! The caller owns the structure, the package allocates what it points to (API-CTX-4).
use std::ffi::c_void;
use std::ptr;

use countersign::{ClientTokenStatus, Error, Facts, Role};

use crate::boundary::write;
use crate::buffers::too_small;
use crate::context::Context;
use crate::credential::Credential;
use crate::layout::*;
use crate::memory::{Block, give_or_null};
use crate::packages::records;
use crate::text::Text;
use crate::time;

/// `SECPKG_NEGOTIATION_COMPLETE` and `SECPKG_NEGOTIATION_IN_PROGRESS`.
const NEGOTIATION_COMPLETE: u32 = 0;
const NEGOTIATION_IN_PROGRESS: u32 = 2;
/// `RPC_C_AUTHZ_NAME`: the privileges of a DCE client are its name.
const AUTHZ_NAME: u32 = 1;
/// `CALG_RC4`.
const CALG_RC4: u32 = 0x6801;

/// Where the caller wants an attribute, and how large it says the place is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    at: *mut c_void,
    size: Option<u32>,
}

impl Place {
    /// `size` is what the Ex calls bring (API-CRED-13).
    pub(crate) fn new(at: *mut c_void, size: Option<u32>) -> Result<Self, Error> {
        if at.is_null() {
            return Err(
                countersign::ApiMisuse::InvalidParameter("no place for the attribute").into(),
            );
        }
        Ok(Self { at, size })
    }

    fn check<T>(self) -> Result<(), Error> {
        match self.size {
            Some(given) if (given as usize) < size_of::<T>() => Err(too_small(
                "the place for the attribute",
                size_of::<T>(),
                given as usize,
            )),
            _ => Ok(()),
        }
    }

    /// Writes the structure that `make` gives; it is not called where there is no room.
    ///
    /// # Safety
    /// The place has room for a `T`.
    unsafe fn put<T>(self, make: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
        self.check::<T>()?;
        let value = make()?;
        // SAFETY: by contract.
        unsafe { write(self.at.cast::<T>(), value) };
        Ok(())
    }
}

fn text<T: Text>(text: &str) -> Result<*mut c_void, Error> {
    Ok(Block::of(&T::encode(text))?.give().cast())
}

/// Answers an attribute of a context.
///
/// # Safety
/// The place has room for the structure of the attribute.
pub(crate) unsafe fn context<T: Text>(
    context: &Context,
    attribute: u32,
    place: Place,
) -> Result<(), Error> {
    // SAFETY: of the calls below: the place has room for the structure of `attribute`, by contract.
    unsafe {
        match attribute {
            10 => {
                return place.put(|| {
                    Ok(SecPkgContext_PackageInfo {
                        PackageInfo: records::<T>(&[context.info()])?,
                    })
                });
            }
            12 => {
                return place.put(|| {
                    Ok(SecPkgContext_NegotiationInfo {
                        PackageInfo: records::<T>(&[context.info()])?,
                        NegotiationState: if context.is_established() {
                            NEGOTIATION_COMPLETE
                        } else {
                            NEGOTIATION_IN_PROGRESS
                        },
                    })
                });
            }
            14 => {
                return place.put(|| {
                    Ok(SecPkgContext_Flags {
                        Flags: returned(context.role(), context.flags()),
                    })
                });
            }
            30 => {
                return place.put(|| {
                    Ok(SecPkgContext_LastClientTokenStatus {
                        LastClientTokenStatus: match context.client_token_status() {
                            ClientTokenStatus::Yes => 0,
                            ClientTokenStatus::No => 1,
                            ClientTokenStatus::Maybe => 2,
                        },
                    })
                });
            }
            _ => {}
        }
        context.with_facts(|facts| established::<T>(facts, attribute, place))
    }
}

/// # Safety
/// The place has room for the structure of the attribute.
unsafe fn established<T: Text>(facts: &Facts, attribute: u32, place: Place) -> Result<(), Error> {
    // SAFETY: of the calls below: the place has room for the structure of `attribute`, by contract.
    unsafe {
        match attribute {
            0 => place.put(|| {
                Ok(SecPkgContext_Sizes {
                    cbMaxToken: facts.sizes.max_token,
                    cbMaxSignature: facts.sizes.max_signature,
                    cbBlockSize: facts.sizes.block_size,
                    cbSecurityTrailer: facts.sizes.security_trailer,
                })
            }),
            1 => place.put(|| {
                Ok(SecPkgContext_Names {
                    sUserName: text::<T>(&facts.names.client)?,
                })
            }),
            2 => place.put(|| {
                Ok(SecPkgContext_Lifespan {
                    tsStart: time::local(facts.lifespan.start),
                    tsExpiry: time::local(facts.lifespan.expiry),
                })
            }),
            3 => place.put(|| {
                Ok(SecPkgContext_DceInfo {
                    AuthzSvc: AUTHZ_NAME,
                    pPac: text::<T>(&facts.names.client)?,
                })
            }),
            5 => {
                let info = facts.key_info.ok_or(Error::Unsupported(
                    "a context that protects no messages has no keys",
                ))?;
                place.put(|| {
                    Ok(SecPkgContext_KeyInfo {
                        sSignatureAlgorithmName: text::<T>(info.signature_algorithm)?,
                        sEncryptAlgorithmName: text::<T>(info.encrypt_algorithm)?,
                        KeySize: info.key_bits,
                        SignatureAlgorithm: 0,
                        EncryptAlgorithm: CALG_RC4,
                    })
                })
            }
            6 => place.put(|| {
                let (domain, _) = countersign::context::identity::split_name(&facts.names.client);
                Ok(SecPkgContext_Authority {
                    sAuthorityName: text::<T>(domain)?,
                })
            }),
            8 => {
                let expiry = facts.password_expiry.ok_or(Error::Unsupported(
                    "the expiry of the password is not known here",
                ))?;
                place.put(|| {
                    Ok(SecPkgContext_PasswordExpiry {
                        tsPasswordExpires: time::local(expiry),
                    })
                })
            }
            9 => {
                let key = facts
                    .session_key
                    .as_ref()
                    .ok_or(Error::Unsupported("the package has no session key"))?
                    .expose();
                place.put(|| {
                    Ok(SecPkgContext_SessionKey {
                        SessionKeyLength: u32::try_from(key.len()).unwrap_or_default(),
                        SessionKey: Block::of(key)?.give(),
                    })
                })
            }
            11 => place.put(|| Ok(SecPkgContext_UserFlags { UserFlags: 0 })),
            13 => place.put(|| {
                Ok(SecPkgContext_NativeNames {
                    sClientName: text::<T>(&facts.names.client)?,
                    sServerName: optional::<T>(facts.names.server.as_deref())?,
                })
            }),
            17 if facts.role == Role::Client => place.put(|| {
                Ok(SecPkgContext_TargetInformation {
                    MarshalledTargetInfoLength: u32::try_from(facts.target_information.len())
                        .unwrap_or_default(),
                    MarshalledTargetInfo: give_or_null(&facts.target_information)?,
                })
            }),
            27 if facts.role == Role::Server => place.put(|| {
                Ok(SecPkgContext_ClientSpecifiedTarget {
                    sTargetName: optional::<T>(facts.target.as_deref())?,
                })
            }),
            _ => Err(Error::Unsupported("this attribute")),
        }
    }
}

fn optional<T: Text>(value: Option<&str>) -> Result<*mut c_void, Error> {
    value.map_or(Ok(ptr::null_mut()), text::<T>)
}

/// The flags of a context in the numbers of its role.
pub(crate) fn returned(role: Role, flags: countersign::ContextFlags) -> u32 {
    let bits = match role {
        Role::Client => flags.to_isc_ret(),
        Role::Server => flags.to_asc_ret(),
    };
    // The classic calls know the lower half only (API-ISC-15).
    (bits & u64::from(u32::MAX)) as u32
}

/// Answers an attribute of a credential.
///
/// # Safety
/// The place has room for the structure of the attribute.
pub(crate) unsafe fn credential<T: Text>(
    credential: &Credential,
    attribute: u32,
    place: Place,
) -> Result<(), Error> {
    match attribute {
        1 => {
            let name = credential
                .name()
                .ok_or(Error::NoCredentials("a credential for servers has no name"))?;
            // SAFETY: by contract.
            unsafe {
                place.put(|| {
                    Ok(SecPkgCredentials_Names {
                        sUserName: text::<T>(&name)?,
                    })
                })
            }
        }
        _ => Err(Error::Unsupported("this attribute")),
    }
}
