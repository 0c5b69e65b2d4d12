//! The table of floors.

/// Rooms that stand on one floor. What is listed later stands higher.
struct Floor {
    rooms: &'static [&'static str],
    /// Whether the rooms of the floor are strangers to one another.
    apart: bool,
}

const FLOORS: [Floor; 12] = [
    floor(&[
        "base::status",
        "base::flags",
        "base::secret",
        "base::environment",
    ]),
    apart(&["wire", "crypto"]),
    floor(&[
        "base::error",
        "base::policy",
        "context::identity",
        "context::bindings",
        "context::attribute",
        "context::account",
    ]),
    floor(&["context::question", "context::input", "context::session"]),
    floor(&["context::mechanism"]),
    floor(&["context::handshake", "context::datagram"]),
    floor(&["context::package", "context::resolve"]),
    apart(&["digest", "ntlm", "kerberos", "schannel"]),
    floor(&["negotiate"]),
    floor(&["credssp"]),
    floor(&["sasl"]),
    floor(&["registry"]),
];

/// Folders whose own file only re-exports.
const DOORS: [&str; 2] = ["base", "context"];

const fn floor(rooms: &'static [&'static str]) -> Floor {
    Floor {
        rooms,
        apart: false,
    }
}

const fn apart(rooms: &'static [&'static str]) -> Floor {
    Floor { rooms, apart: true }
}

/// Where a module stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a room of the table: its name, and its floor counted from 1.
    Room(&'static str, usize),
    /// The `mod.rs` of a folder whose files have floors of their own.
    Door(&'static str),
    /// `lib.rs`, above everything.
    Top,
}

/// The place of a module, by its path inside the crate.
pub(crate) fn place(module: &[String]) -> Option<Place> {
    match module {
        [] => return Some(Place::Top),
        [one] => {
            if let Some(door) = DOORS.into_iter().find(|door| door == one) {
                return Some(Place::Door(door));
            }
        }
        _ => {}
    }
    for (index, floor) in FLOORS.iter().enumerate() {
        for room in floor.rooms {
            let mut parts = module.iter();
            if room
                .split("::")
                .all(|part| parts.next().is_some_and(|found| found == part))
            {
                return Some(Place::Room(room, index + 1));
            }
        }
    }
    None
}

/// Why `user` must not use `used`, when it must not. Both are rooms with their floors.
pub(crate) fn objection(user: (&str, usize), used: (&str, usize)) -> Option<String> {
    let (user, own) = user;
    let (used, floor) = used;
    if user == used || floor < own {
        None
    } else if floor > own {
        Some(format!(
            "{user} (floor {own}) must not use {used}, which is above it (floor {floor})"
        ))
    } else if FLOORS[own - 1].apart {
        Some(format!(
            "{user} and {used} stand side by side (floor {own}) and must not use one another"
        ))
    } else {
        None
    }
}
