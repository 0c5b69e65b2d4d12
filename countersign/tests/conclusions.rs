//! Who answers a logon learns what came of it.
mod support;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use countersign::*;
use support::Setup;

/// Answers with one account, and notes what it is told.
struct Noting {
    account: Account,
    told: Mutex<Vec<(String, Result<(), Denied>)>>,
}

impl Noting {
    fn new(change: impl FnOnce(&mut Account)) -> Self {
        let mut account = Account::with_password("Domain", "User", &"Password".into());
        change(&mut account);
        Self {
            account,
            told: Mutex::default(),
        }
    }

    fn told(&self) -> Vec<Result<(), Denied>> {
        let told = self.told.lock().unwrap();
        assert!(told.iter().all(|(user, _)| user == "User"));
        told.iter().map(|(_, result)| *result).collect()
    }
}

impl Resolve for Noting {
    fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        if logon.user != "User" {
            return Err(Unavailable::NotSupported);
        }
        Ok(LogonAnswer::Account(Arc::new(self.account.clone())))
    }
    fn concluded(&mut self, logon: &Logon, result: Result<(), Denied>) {
        let told = self.told.get_mut().unwrap();
        told.push((logon.user.clone(), result));
    }
}

impl AsyncResolve for Noting {
    async fn logon(&self, _: &Logon) -> Result<LogonAnswer, Unavailable> {
        Ok(LogonAnswer::Account(Arc::new(self.account.clone())))
    }
    async fn concluded(&self, logon: &Logon, result: Result<(), Denied>) {
        let mut told = self.told.lock().unwrap();
        told.push((logon.user.clone(), result));
    }
}

/// A server that waits for the answer to its question.
fn asking(change: impl FnOnce(&mut Setup)) -> Step {
    let mut setup = Setup::default();
    change(&mut setup);
    let (client, token) = setup.negotiate();
    let (server, token) = setup.challenge(&token).unwrap();
    let (_, token) = setup.authenticate(client, &token).unwrap();
    let input = Input::token(&token);
    let bindings = setup.server_bindings.unwrap();
    let step = server.step(input.bindings(&bindings), &mut Vec::new());
    step.unwrap()
}

fn as_user(name: &str, password: &str) -> impl FnOnce(&mut Setup) {
    let identity = Identity::with_password(name, password).unwrap();
    |setup| setup.identity = identity
}

fn nothing<T>(_: &mut T) {}

#[test]
fn what_the_proof_was_is_told() {
    let mut right = Noting::new(nothing);
    let _ = settle(asking(nothing), &mut right, &mut Vec::new()).unwrap();
    assert_eq!(right.told(), [Ok(())]);

    let wrong = as_user(r"Domain\User", "password");
    let mut noting = Noting::new(nothing);
    let error = settle(asking(wrong), &mut noting, &mut Vec::new()).unwrap_err();
    assert_eq!(error, Error::LogonDenied(Denied::WrongPassword));
    assert_eq!(noting.told(), [Err(Denied::WrongPassword)]);

    let mut disabled = Noting::new(|account| account.state.disabled = true);
    settle(asking(nothing), &mut disabled, &mut Vec::new()).unwrap_err();
    assert_eq!(disabled.told(), [Err(Denied::AccountDisabled)]);
}

#[test]
fn what_says_nothing_of_the_proof_is_not_told() {
    let bindings = ChannelBindings::tls_server_end_point(&[7; 32]);
    let other = asking(|setup| setup.client_bindings = Some(bindings));
    let mut noting = Noting::new(nothing);
    let error = settle(other, &mut noting, &mut Vec::new()).unwrap_err();
    assert_eq!(error, Error::BadBindings(BindingFault::Mismatch));
    let nobody = asking(as_user(r"Domain\Nobody", "Password"));
    let error = settle(nobody, &mut noting, &mut Vec::new()).unwrap_err();
    assert_eq!(error, Error::Unavailable(Unavailable::NotSupported));
    assert_eq!(noting.told(), []);
}

#[test]
fn with_futures() {
    let wrong = as_user(r"Domain\User", "password");
    let noting = Noting::new(nothing);
    for step in [asking(nothing), asking(wrong)] {
        let mut out = Vec::new();
        let mut future = pin!(settle_async(step, &noting, &mut out));
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(_) = future.as_mut().poll(&mut context) else {
            panic!("nothing to wait for");
        };
    }
    assert_eq!(noting.told(), [Ok(()), Err(Denied::WrongPassword)]);
}

/// For contexts that are asked for their questions one by one.
#[test]
fn one_by_one() {
    let Step::Ask(Ask::Logon(asking)) = asking(nothing) else {
        panic!("NTLM asks for the account");
    };
    let question = SomeQuestion::from(asking.question().clone());
    let mut noting = Noting::new(nothing);
    let Answer::Logon(answer) = answer(&question, &mut noting) else {
        panic!("an answer of the same kind");
    };
    let result = asking.answer(answer, &mut Vec::new());
    assert_eq!(noting.told(), [], "an answer alone concludes nothing");
    conclude(&question, &result, &mut noting);
    assert_eq!(noting.told(), [Ok(())]);
    let remember = Remember {
        key: Vec::new(),
        until: Timestamp::NEVER,
    };
    conclude(&remember.into(), &result, &mut noting);
    assert_eq!(noting.told(), [Ok(())], "no logon");
}
