//! `countersign account`: who may log on to `serve`.
mod transfer;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use countersign::{Account, Environment, Timestamp, Verifier};
use countersign_net::config::Config;
use countersign_net::store::{AccountStore, StoreError};
use serde_json::{Value, json};

use crate::args::{AccountArgs, AccountCommand, AccountName, AddArgs, ListArgs, PasswdArgs};
use crate::exit::Fault;
use crate::output::table::Table;
use crate::output::{json, stdout, text};
use crate::{password, store};

pub(crate) fn run(args: &AccountArgs, config: &Config) -> Result<()> {
    let store = &*store::path(&args.store, config)?;
    match &args.command {
        AccountCommand::Add(args) => add(store, args),
        AccountCommand::List(args) => list(store, args),
        AccountCommand::Remove(args) => remove(store, &args.name),
        AccountCommand::Passwd(args) => passwd(store, args),
        AccountCommand::Enable(args) => {
            change(store, &args.name, |account| {
                account.state.disabled = false;
                account.state.unlock();
            })?;
            done(&args.name, "may log on")
        }
        AccountCommand::Disable(args) => {
            change(store, &args.name, |account| account.state.disabled = true)?;
            done(&args.name, "may not log on any more")
        }
        AccountCommand::Import(args) => transfer::import(store, args),
        AccountCommand::Export(args) => transfer::export(store, args),
    }
}

fn add(store: &Path, args: &AddArgs) -> Result<()> {
    let accounts = store::writable(store)?;
    let name = &args.name;
    // Nobody is asked for a password that is of no use.
    match accounts.get(&name.domain, &name.user) {
        Ok(None) | Err(StoreError::Missing { .. }) => {}
        Ok(Some(account)) => {
            let account = account.qualified_name();
            return Err(store::writing(&StoreError::AlreadyExists { account }).into());
        }
        Err(error) => return Err(store::writing(&error).into()),
    }
    let password = password::read_new(&args.password, &name.to_string())?;
    let mut account = Account::with_password(&name.domain, &name.user, &password);
    account.state.disabled = args.disabled;
    account.state.expires = args.expires;
    accounts
        .add(&account)
        .map_err(|error| store::writing(&error))?;
    let state = if args.disabled { ", disabled" } else { "" };
    done(name, &format!("added{state}"))
}

fn list(store: &Path, args: &ListArgs) -> Result<()> {
    let accounts = store::existing(store)?
        .list()
        .map_err(|error| store::reading(&error))?;
    if args.json {
        let list: Vec<Value> = accounts.iter().map(document).collect();
        return json::print(&json!({ "accounts": list }));
    }
    if accounts.is_empty() {
        writeln!(stdout(), "The store has no accounts.")?;
        return Ok(());
    }
    let mut table = Table::new(&["account", "state", "expires", "password until"]);
    for account in &accounts {
        table.row([
            text::visible(&account.qualified_name()),
            state(account).to_owned(),
            account.state.expires.to_string(),
            account.state.password_expires.to_string(),
        ]);
    }
    table.print(&[1])
}

fn remove(store: &Path, name: &AccountName) -> Result<()> {
    store::existing(store)?
        .remove(&name.domain, &name.user)
        .map_err(|error| store::writing(&error))?;
    done(name, "removed")
}

fn passwd(store: &Path, args: &PasswdArgs) -> Result<()> {
    let name = &args.name;
    // As with add: first whether there is such an account, then the question.
    change(store, name, |_| ())?;
    let password = password::read_new(&args.password, &name.to_string())?;
    change(store, name, |account| {
        let with = Account::with_password(&account.domain, &account.user, &password);
        account.verifiers = with.verifiers;
        account.state.password_expires = Timestamp::NEVER;
    })?;
    done(name, "has a new password")
}

/// Changes an account that is there.
fn change(
    store: &Path,
    name: &AccountName,
    change: impl FnOnce(&mut Account),
) -> Result<(), Fault> {
    let accounts = store::existing(store)?;
    let found = accounts
        .get(&name.domain, &name.user)
        .map_err(|error| store::reading(&error))?;
    let Some(mut account) = found else {
        let account = name.to_string();
        return Err(store::reading(&StoreError::NotFound { account }));
    };
    let before = account.clone();
    change(&mut account);
    if account == before {
        return Ok(());
    }
    accounts
        .replace(&account)
        .map_err(|error| store::writing(&error))
}

fn done(name: &AccountName, what: &str) -> Result<()> {
    writeln!(stdout(), "{name} {what}")?;
    Ok(())
}

/// Whether the account may log on now, in a word.
fn state(account: &Account) -> &'static str {
    let now = Environment::system().clock().now();
    let state = &account.state;
    if state.disabled {
        "disabled"
    } else if state.is_locked(now) {
        "locked"
    } else if state.expires <= now {
        "expired"
    } else if state.password_expires <= now {
        "password expired"
    } else {
        "enabled"
    }
}

/// An account without its secrets.
fn document(account: &Account) -> Value {
    let secrets: Vec<&str> = account
        .verifiers
        .iter()
        .map(|verifier| match verifier {
            Verifier::NtHash(_) => "NT hash",
            _ => "other",
        })
        .collect();
    let now = Environment::system().clock().now();
    let until = account.state.locked_until;
    let locked_until = (now < until).then(|| until.to_string());
    json!({
        "name": account.qualified_name(),
        "domain": account.domain,
        "user": account.user,
        "state": state(account),
        "disabled": account.state.disabled,
        "locked": account.state.is_locked(now),
        "locked_until": locked_until,
        "expires": account.state.expires.to_string(),
        "password_until": account.state.password_expires.to_string(),
        "secrets": secrets,
    })
}
