//! Package records for C: structures and strings in one block (API-ABI-10).
use countersign::{Error, PackageInfo};

use crate::layout::SecPkgInfo;
use crate::memory::Block;
use crate::text::Text;

/// Records in one block that one `FreeContextBuffer` releases.
pub(crate) fn records<T: Text>(infos: &[&PackageInfo]) -> Result<*mut SecPkgInfo, Error> {
    let texts: Vec<[Vec<u8>; 2]> = infos
        .iter()
        .map(|info| [T::encode(info.name), T::encode(info.comment)])
        .collect();
    let size = size_of::<SecPkgInfo>();
    let heads = infos.len() * size;
    let tails: usize = texts
        .iter()
        .flatten()
        .map(|text| text.len().next_multiple_of(2))
        .sum();
    let mut block = Block::new(heads + tails)?;
    let mut tail = heads;
    for (n, (info, texts)) in infos.iter().zip(&texts).enumerate() {
        let mut place = |text: &Vec<u8>| {
            let at = tail;
            block.bytes()[at..at + text.len()].copy_from_slice(text);
            tail += text.len().next_multiple_of(2);
            block.address(at).cast()
        };
        let record = SecPkgInfo {
            fCapabilities: info.capabilities.bits(),
            wVersion: info.version,
            wRPCID: info.rpc_id,
            cbMaxToken: info.max_token,
            Name: place(&texts[0]),
            Comment: place(&texts[1]),
        };
        // SAFETY: the block has room for all records at its start and is aligned for them.
        unsafe { block.address(n * size).cast::<SecPkgInfo>().write(record) };
    }
    Ok(block.give().cast())
}
