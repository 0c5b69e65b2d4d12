//! The C interface, called as a C program calls it: through pointers, with the caller's own memory.
use std::hint::black_box;
use std::ptr::{null, null_mut};

use countersign::Status;
use countersign_capi::entry::contexts::{
    AcceptSecurityContext, DeleteSecurityContext, InitializeSecurityContextW,
};
use countersign_capi::entry::credentials::{AcquireCredentialsHandleW, FreeCredentialsHandle};
use countersign_capi::entry::messages::{
    DecryptMessage, EncryptMessage, MakeSignature, VerifySignature,
};
use countersign_capi::layout::{
    SEC_WINNT_AUTH_IDENTITY, SecBuffer, SecBufferDesc, SecHandle, TimeStamp,
};

use crate::rows::ours::flags_of;
use crate::rows::{DOMAIN, Library, Pair, SIGNATURE, TARGET, USER};

/// `SECPKG_CRED_INBOUND` and `SECPKG_CRED_OUTBOUND`.
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;
/// `ISC_REQ_` and `ASC_REQ_` INTEGRITY, CONFIDENTIALITY, SEQUENCE_DETECT, REPLAY_DETECT.
const ISC_PROTECTED: u32 = 0x1_0000 | 0x10 | 0x8 | 0x4;
const ASC_PROTECTED: u32 = 0x2_0000 | 0x10 | 0x8 | 0x4;
/// `SEC_WINNT_AUTH_IDENTITY_UNICODE`.
const UNICODE: u32 = 2;
/// `SECBUFFER_DATA`, `SECBUFFER_TOKEN` and `SECBUFFER_PADDING`.
const DATA: u32 = 1;
const TOKEN: u32 = 2;
const PADDING: u32 = 9;
/// Room for a token: what NTLM gives as `cbMaxToken`.
const ROOM: usize = 2888;
/// Without a handle, as `SecInvalidateHandle` leaves it.
const NONE: SecHandle = SecHandle::INVALID;

type Initialize = unsafe extern "system" fn(
    *const SecHandle,
    *const SecHandle,
    *const u16,
    u32,
    u32,
    u32,
    *const SecBufferDesc,
    u32,
    *mut SecHandle,
    *mut SecBufferDesc,
    *mut u32,
    *mut TimeStamp,
) -> i32;
type Accept = unsafe extern "system" fn(
    *const SecHandle,
    *const SecHandle,
    *const SecBufferDesc,
    u32,
    u32,
    *mut SecHandle,
    *mut SecBufferDesc,
    *mut u32,
    *mut TimeStamp,
) -> i32;
type Send = unsafe extern "system" fn(*const SecHandle, u32, *const SecBufferDesc, u32) -> i32;
type Receive =
    unsafe extern "system" fn(*const SecHandle, *const SecBufferDesc, u32, *mut u32) -> i32;

/// The credential handles of both, and the buffers of their tokens.
pub(crate) struct Interface {
    client: Credential,
    server: Credential,
    target: Vec<u16>,
    to_server: Room,
    to_client: Room,
}

struct Credential(SecHandle);

impl Credential {
    fn acquire(usage: u32, identity: *const SEC_WINNT_AUTH_IDENTITY) -> Self {
        let mut handle = NONE;
        // SAFETY: name and identity are null or valid, the handle is ours to write.
        let status = unsafe {
            AcquireCredentialsHandleW(
                null(),
                wide("NTLM\0").as_ptr(),
                usage,
                null_mut(),
                identity.cast(),
                null(),
                null(),
                &raw mut handle,
                null_mut(),
            )
        };
        assert_eq!(status, 0, "NTLM takes these credentials");
        Self(handle)
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        // SAFETY: the handle may be read.
        unsafe { FreeCredentialsHandle(&raw const self.0) };
    }
}

/// A context handle, deleted on drop.
pub(crate) struct Context(pub(crate) SecHandle);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the handle may be read.
        unsafe { DeleteSecurityContext(&raw const self.0) };
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn buffer(kind: u32, bytes: &mut [u8]) -> SecBuffer {
    SecBuffer {
        cbBuffer: u32::try_from(bytes.len()).expect("a short buffer"),
        BufferType: kind,
        pvBuffer: bytes.as_mut_ptr().cast(),
    }
}

fn desc(buffers: &mut [SecBuffer]) -> SecBufferDesc {
    SecBufferDesc {
        ulVersion: 0,
        cBuffers: buffers.len() as u32,
        pBuffers: buffers.as_mut_ptr(),
    }
}

/// A token, in memory of a fixed length as C programs have it.
struct Room {
    bytes: [u8; ROOM],
    len: usize,
}

impl Room {
    const fn new() -> Self {
        Self {
            bytes: [0; ROOM],
            len: 0,
        }
    }
}

/// The pointers of one leg, the same for both functions.
struct Leg {
    old: *const SecHandle,
    input: *const SecBufferDesc,
    new: *mut SecHandle,
    output: *mut SecBufferDesc,
}

/// One leg of `context`: `call` gets the input, and the output takes what it makes.
fn leg(
    context: &mut Context,
    input: &mut Room,
    output: &mut Room,
    wanted: Status,
    call: impl FnOnce(Leg) -> i32,
) -> Result<(), String> {
    let brought = input.len > 0;
    let mut input = [buffer(TOKEN, &mut input.bytes[..input.len])];
    let mut made = [buffer(TOKEN, &mut output.bytes)];
    let (input_desc, mut output_desc) = (desc(&mut input), desc(&mut made));
    let first = context.0 == NONE;
    let new = &raw mut context.0;
    let status = call(Leg {
        old: if first { null() } else { new },
        input: if brought {
            &raw const input_desc
        } else {
            null()
        },
        new,
        output: &raw mut output_desc,
    });
    output.len = made[0].cbBuffer as usize;
    if status == wanted.code() {
        Ok(())
    } else {
        Err(format!("status {status:#010x}"))
    }
}

impl Interface {
    fn initiate(&mut self, context: &mut Context, wanted: Status) -> Result<(), String> {
        let (mut attributes, mut expiry) = (0, 0);
        let (input, output) = (&mut self.to_client, &mut self.to_server);
        leg(context, input, output, wanted, |leg| {
            let call = black_box::<Initialize>(InitializeSecurityContextW);
            // SAFETY: every pointer is valid, or null where the call allows it.
            unsafe {
                call(
                    &raw const self.client.0,
                    leg.old,
                    self.target.as_ptr(),
                    ISC_PROTECTED,
                    0,
                    0,
                    leg.input,
                    0,
                    leg.new,
                    leg.output,
                    &raw mut attributes,
                    &raw mut expiry,
                )
            }
        })
    }

    fn accept(&mut self, context: &mut Context, wanted: Status) -> Result<(), String> {
        let (mut attributes, mut expiry) = (0, 0);
        let (input, output) = (&mut self.to_server, &mut self.to_client);
        leg(context, input, output, wanted, |leg| {
            let call = black_box::<Accept>(AcceptSecurityContext);
            // SAFETY: every pointer is valid, or null where the call allows it.
            unsafe {
                call(
                    &raw const self.server.0,
                    leg.old,
                    leg.input,
                    ASC_PROTECTED,
                    0,
                    leg.new,
                    leg.output,
                    &raw mut attributes,
                    &raw mut expiry,
                )
            }
        })
    }
}

impl Library for Interface {
    type Pair = Contexts;

    fn new(password: &str) -> Self {
        let (user, domain, password) = (wide(USER), wide(DOMAIN), wide(password));
        let identity = SEC_WINNT_AUTH_IDENTITY {
            User: user.as_ptr().cast(),
            UserLength: user.len() as u32,
            Domain: domain.as_ptr().cast(),
            DomainLength: domain.len() as u32,
            Password: password.as_ptr().cast(),
            PasswordLength: password.len() as u32,
            Flags: UNICODE,
        };
        Self {
            client: Credential::acquire(OUTBOUND, &raw const identity),
            server: Credential::acquire(INBOUND, null()),
            target: wide(&format!("{TARGET}\0")),
            to_server: Room::new(),
            to_client: Room::new(),
        }
    }

    fn handshake(&mut self) -> Result<Contexts, String> {
        let (mut client, mut server) = (Context(NONE), Context(NONE));
        self.to_client.len = 0;
        self.initiate(&mut client, Status::SEC_I_CONTINUE_NEEDED)?;
        self.accept(&mut server, Status::SEC_I_CONTINUE_NEEDED)?;
        self.initiate(&mut client, Status::SEC_E_OK)?;
        self.accept(&mut server, Status::SEC_E_OK)?;
        Ok(Contexts { client, server })
    }

    fn negotiated(&self) -> u32 {
        flags_of(&self.to_server.bytes[..self.to_server.len])
    }
}

/// The client's context and the server's.
pub(crate) struct Contexts {
    pub(crate) client: Context,
    pub(crate) server: Context,
}

impl Contexts {
    /// `EncryptMessage` or `MakeSignature` of the client.
    fn send(&mut self, call: Send, buffers: &mut [SecBuffer]) {
        let (call, message) = (black_box(call), desc(buffers));
        // SAFETY: handle and message are valid for the call, and the buffers do not touch.
        let status = unsafe { call(&raw const self.client.0, 0, &raw const message, 0) };
        assert_eq!(status, 0, "it was negotiated");
    }

    /// `DecryptMessage` or `VerifySignature` of the server.
    fn receive(&mut self, call: Receive, buffers: &mut [SecBuffer]) -> bool {
        let (call, message, mut quality) = (black_box(call), desc(buffers), 0);
        let (context, quality) = (&raw const self.server.0, &raw mut quality);
        // SAFETY: as in `send`.
        let status = unsafe { call(context, &raw const message, 0, quality) };
        status == 0
    }
}

impl Pair for Contexts {
    fn seal(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) {
        let mut padding = [0];
        let mut buffers = [
            buffer(TOKEN, token),
            buffer(DATA, data),
            buffer(PADDING, &mut padding),
        ];
        self.send(EncryptMessage, &mut buffers);
    }

    fn unseal(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool {
        self.receive(
            DecryptMessage,
            &mut [buffer(TOKEN, token), buffer(DATA, data)],
        )
    }

    fn sign(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) {
        self.send(
            MakeSignature,
            &mut [buffer(DATA, data), buffer(TOKEN, token)],
        );
    }

    fn verify(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool {
        self.receive(
            VerifySignature,
            &mut [buffer(DATA, data), buffer(TOKEN, token)],
        )
    }
}
