//! `countersign packages`: which packages there are.
use std::io::Write;

use anyhow::Result;
use countersign::{Capabilities, PackageInfo, Packages};
use serde_json::{Value, json};

use crate::args::PackagesArgs;
use crate::output::colour::TITLE;
use crate::output::table::Table;
use crate::output::{json, stdout};

pub(crate) fn run(args: &PackagesArgs) -> Result<()> {
    let packages = Packages::standard();
    let infos = packages.iter().map(|package| package.info());
    if args.json {
        let list: Vec<Value> = infos.map(document).collect();
        return json::print(&json!({ "packages": list }));
    }
    let infos: Vec<&PackageInfo> = infos.collect();
    let mut table = Table::new(&["name", "RPC id", "max token", "comment"]).right(&[1, 2]);
    for info in &infos {
        table.row([
            info.name.to_owned(),
            rpc_id(info),
            format!("{} bytes", info.max_token),
            info.comment.to_owned(),
        ]);
    }
    table.print(&[0, 1, 2])?;
    for info in &infos {
        writeln!(
            stdout(),
            "\n{TITLE}What {} can do{TITLE:#} ({:#010x})",
            info.name,
            info.capabilities.bits()
        )?;
        let mut table = Table::pairs().indented(2);
        for (name, flag) in info.capabilities.iter_names() {
            table.row([name.to_owned(), meaning(flag).to_owned()]);
        }
        table.print(&[0])?;
    }
    Ok(())
}

fn document(info: &PackageInfo) -> Value {
    let names: Vec<&str> = info
        .capabilities
        .iter_names()
        .map(|(name, _)| name)
        .collect();
    json!({
        "name": info.name,
        "rpc_id": info.rpc_id,
        "version": info.version,
        "max_token": info.max_token,
        "capabilities": names,
        "capabilities_number": info.capabilities.bits(),
        "comment": info.comment,
    })
}

fn rpc_id(info: &PackageInfo) -> String {
    match info.rpc_id {
        0xffff => "none".to_owned(),
        id => id.to_string(),
    }
}

/// What a capability means to an administrator.
fn meaning(flag: Capabilities) -> &'static str {
    match flag {
        Capabilities::INTEGRITY => "sign messages",
        Capabilities::PRIVACY => "encrypt messages",
        Capabilities::TOKEN_ONLY => "needs the token and no other buffer",
        Capabilities::DATAGRAM => "protect datagrams",
        Capabilities::CONNECTION => "protect connections",
        Capabilities::MULTI_REQUIRED => "needs several legs",
        Capabilities::CLIENT_ONLY => "clients only",
        Capabilities::EXTENDED_ERROR => "tell the peer about errors",
        Capabilities::IMPERSONATION => "let a server act as its client",
        Capabilities::ACCEPT_WIN32_NAME => "understand Windows account names",
        Capabilities::STREAM => "protect streams",
        Capabilities::NEGOTIABLE => "be chosen by Negotiate",
        Capabilities::GSS_COMPATIBLE => "frame tokens as GSS-API does",
        Capabilities::LOGON => "log users on",
        Capabilities::ASCII_BUFFERS => "take ASCII buffers",
        Capabilities::FRAGMENT => "split tokens into fragments",
        Capabilities::MUTUAL_AUTH => "prove the server to the client",
        Capabilities::DELEGATION => "delegate credentials",
        Capabilities::READONLY_WITH_CHECKSUM => "sign data that is not encrypted along with it",
        Capabilities::RESTRICTED_TOKENS => "understand restricted tokens",
        Capabilities::NEGO_EXTENDER => "extend Negotiate",
        Capabilities::NEGOTIABLE2 => "be chosen by Negotiate's extension",
        Capabilities::APPCONTAINER_PASSTHROUGH => "pass through for app containers",
        Capabilities::APPCONTAINER_CHECKS => "check app containers",
        Capabilities::CREDENTIAL_ISOLATION_ENABLED => "keep credentials isolated",
        Capabilities::APPLY_LOOPBACK => "look for loopback",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_a_meaning() {
        for (name, flag) in Capabilities::all().iter_names() {
            assert!(!meaning(flag).is_empty(), "{name}");
        }
    }
}
