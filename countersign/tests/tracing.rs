//! What the package tells a log: decisions with their reasons, and neither names nor secrets.
#![cfg(feature = "tracing")]
mod support;

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use countersign::*;
use support::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps every field of every event as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for &Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn reasons_and_no_names() {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let mut setup = Setup::sealing();
        setup.exchange(|_, _| ()).unwrap();
        setup.account = One(LogonAnswer::Unknown);
        setup.exchange(|_, _| ()).unwrap_err();
    });
    let text = log.0.lock().unwrap().clone();
    for expected in [
        "context established",
        "package=\"NTLM\"",
        "CONFIDENTIALITY",
        "question=\"Logon\"",
        "status=SEC_E_LOGON_DENIED",
        "logon denied: unknown user",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    for secret in ["User", "Password", "COMPUTER", "555555", "[85, 85"] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
}
